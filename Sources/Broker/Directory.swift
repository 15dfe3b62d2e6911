internal import GreengrassModel
internal import TopicRouter

/// One entry of the index: a subscriber's filter on a bus.
struct IndexEntry: Hashable {
    let bus: BusID
    let filter: TopicFilter
    let subscriber: SubscriberID

    var insertion: TopicIndex.Change { .subscribe(subscriber, to: filter, on: bus) }
    var removal: TopicIndex.Change { .unsubscribe(subscriber, from: filter, on: bus) }
}

/// Who is subscribed to what: the broker's state behind its lock.
///
/// The index holds each subscription once. Here it is counted, since an event source and a row of the table
/// may ask for the same one, and each is taken back by itself.
struct Directory {
    /// How many (source, topic) pairs that nobody took are remembered as explained in the log, so that a
    /// function that publishes in a loop can't flood it.
    ///
    /// Further ones go unexplained until the table changes.
    static let explainedMissCountMax = 1_000

    struct Function {
        let bus: BusID
        let queue: SubscriberID
    }

    /// Has a lock of its own, which is taken under the directory's and never the other way round.
    let subscribers: SharedSubscribers
    /// By the bus that each brings messages to.
    private(set) var links: [BusID: any CloudLink] = [:]
    var table = SubscriptionTable()
    /// The hashes of (source, topic): topics can be long.
    var explainedMisses: Set<Int> = []

    private var counts: [IndexEntry: Int] = [:]
    /// How many subscribers each filter has on a bus that a link brings messages to.
    private var linkFilters: [BusID: [TopicFilter: Int]] = [:]
    /// How many different subscriptions each subscriber has.
    private var countsBySubscriber: [SubscriberID: Int] = [:]
    private var functions: [FunctionARN: Function] = [:]
    private var undeployed: [FunctionARN: SubscriberID] = [:]
    private var tableSubscriptions: Set<IndexEntry> = []
    private var nextBus = BusID.firstFunction
    private var nextEndpointBus = BusID.firstEndpoint
    private var shareGroups: [String: BusID] = [:]
    /// The ways to the uplink under the policies of rows, by rank in the order of the rows.
    private var uplinkPolicies: [SpoolPolicy: (id: SubscriberID, rank: UInt32)] = [:]
    private var lastUplinkRank: UInt32 = 0
    /// Who was there for rows alone, and is needed by none any more; the index may still lead there.
    private var retired: [SubscriberID] = []

    init(subscribers: SharedSubscribers) {
        self.subscribers = subscribers
    }

    /// Takes every subscription of a subscriber back.
    ///
    /// - Returns: The changes that the index needs.
    mutating func removeSubscriptions(of id: SubscriberID) -> [TopicIndex.Change] {
        // Who took back what it had goes without a look at everybody else's.
        guard countsBySubscriber.removeValue(forKey: id) != nil else { return [] }
        let gone = counts.keys.filter { $0.subscriber == id }
        for subscription in gone {
            counts[subscription] = nil
            countLinkFilter(of: subscription, -1)
        }
        return gone.map(\.removal)
    }

    /// The target that dead letters call by this name; looks at every subscriber.
    ///
    /// A function that is deployed comes before the stand-in for one that is not.
    func subscriber(named name: String) -> (any Subscriber)? {
        let places = subscribers.current.places
        let deployed = (try? FunctionARN(name)).flatMap { functions[$0] }
        if let subscriber = deployed.flatMap({ places[$0.queue] }) ?? places.first(named: name) {
            return subscriber
        }
        // Links beside the one to the cloud are subscribed to nothing.
        return links.values.first { $0.name == name }
    }

    /// - Returns: The change that the index needs, if this is the first of its kind.
    mutating func retain(_ subscription: IndexEntry) -> TopicIndex.Change? {
        counts[subscription, default: 0] += 1
        guard counts[subscription] == 1 else { return nil }
        countsBySubscriber[subscription.subscriber, default: 0] += 1
        countLinkFilter(of: subscription, 1)
        return subscription.insertion
    }

    /// - Returns: The change that the index needs, if this was the last of its kind.
    mutating func release(_ subscription: IndexEntry) -> TopicIndex.Change? {
        guard let count = counts[subscription] else { return nil }
        counts[subscription] = count == 1 ? nil : count - 1
        guard count == 1 else { return nil }
        let rest = countsBySubscriber[subscription.subscriber, default: 0] - 1
        countsBySubscriber[subscription.subscriber] = rest > 0 ? rest : nil
        countLinkFilter(of: subscription, -1)
        return subscription.removal
    }

    mutating func deploy(_ arn: FunctionARN, queue: SubscriberID) -> BusID {
        let bus = functions[arn]?.bus ?? BusID(rawValue: nextBus)
        if functions[arn] == nil {
            nextBus += 1
        }
        functions[arn] = Function(bus: bus, queue: queue)
        return bus
    }

    mutating func redeploy(_ newARNs: [FunctionARN: FunctionARN]) {
        // All are taken out first: one may get an ARN that another one had.
        let moved = newARNs.map { old, new in (new, functions.removeValue(forKey: old)) }
        for (arn, function) in moved {
            functions[arn] = function
        }
    }

    /// Whether what became of `message` was not explained yet; remembers that it is now.
    mutating func isNew(_ message: Message) -> Bool {
        guard explainedMisses.count < Self.explainedMissCountMax else { return false }
        var hasher = Hasher()
        hasher.combine(message.origin)
        hasher.combine(message.topic)
        return explainedMisses.insert(hasher.finalize()).inserted
    }

    mutating func setTable(_ table: SubscriptionTable) {
        self.table = table
        explainedMisses.removeAll()
    }

    /// Brings the table's subscriptions in line with the table and the functions deployed now.
    ///
    /// - Returns: The changes that the index needs.
    mutating func resolveTable() -> [TopicIndex.Change] {
        rankUplinkPolicies()
        var wanted: Set<IndexEntry> = []
        for row in table.rows {
            guard let bus = bus(of: row.source) else { continue }
            wanted.insert(IndexEntry(bus: bus, filter: row.subject, subscriber: subscriber(for: row)))
        }
        let targets = Set(wanted.lazy.map(\.subscriber))
        for (arn, id) in undeployed where !targets.contains(id) {
            undeployed[arn] = nil
            retired.append(id)
        }
        let added = wanted.subtracting(tableSubscriptions).compactMap { retain($0) }
        let removed = tableSubscriptions.subtracting(wanted).compactMap { release($0) }
        tableSubscriptions = wanted
        return added + removed
    }

    /// Removes who was there for rows of an earlier table alone; the index must have changed before.
    mutating func removeRetired() {
        guard !retired.isEmpty else { return }
        let ids = retired
        retired = []
        // The last references go outside the lock of the subscribers.
        _ = subscribers.change { table in ids.map { table.remove($0) } }
    }

    /// A function that is not deployed has no bus: nobody can publish as it.
    private func bus(of source: ResolvedSource) -> BusID? {
        switch source {
        case .cloud: .cloud
        case .function(let arn): functions[arn]?.bus
        }
    }

    /// Sees that every policy of a row has its way to the uplink, and that their ranks follow the rows.
    private mutating func rankUplinkPolicies() {
        guard let uplink = links[.cloud] else { return }
        var wanted: Set<SpoolPolicy> = []
        let policies = table.rows.compactMap(\.spool).filter { wanted.insert($0).inserted }
        let ranks = policies.map { uplinkPolicies[$0]?.rank ?? .max }
        let isInOrder = zip(ranks, ranks.dropFirst()).allSatisfy { $0 < $1 } && ranks.last != .max
        for (policy, way) in uplinkPolicies where !isInOrder || !wanted.contains(policy) {
            uplinkPolicies[policy] = nil
            retired.append(way.id)
        }
        guard !isInOrder else { return }
        for policy in policies {
            lastUplinkRank += 1
            let rank = lastUplinkRank
            let way = uplink.subscriber(under: policy)
            uplinkPolicies[policy] = (subscribers.change { $0.add(way, uplinkRank: rank) }, rank)
        }
    }

    private mutating func subscriber(for row: ResolvedSubscription) -> SubscriberID {
        switch row.target {
        case .cloud:
            return row.spool.flatMap { uplinkPolicies[$0]?.id } ?? .uplink
        case .localBus:
            return .localBus
        case .function(let arn):
            if let function = functions[arn] {
                return function.queue
            }
            if let id = undeployed[arn] {
                return id
            }
            let id = subscribers.change { $0.add(UndeployedTarget(name: arn.description)) }
            undeployed[arn] = id
            return id
        }
    }

    /// Makes `link` the one that brings messages to `bus`.
    mutating func setLink(_ link: any CloudLink, of bus: BusID) {
        links[bus] = link
        linkFilters[bus] = counts.keys.reduce(into: [:]) { filters, entry in
            if entry.bus == bus { filters[entry.filter, default: 0] += 1 }
        }
        if bus == .cloud {
            retired += uplinkPolicies.values.map(\.id)
            uplinkPolicies = [:]
        }
        tell(link, of: bus)
    }

    /// A bus for one broker more.
    mutating func addEndpointBus() -> BusID {
        defer { nextEndpointBus += 1 }
        return BusID(rawValue: nextEndpointBus)
    }

    mutating func bus(ofShareGroup group: String) -> BusID {
        if let bus = shareGroups[group] { return bus }
        let bus = addEndpointBus()
        shareGroups[group] = bus
        return bus
    }

    /// Told under the lock, so that links hear of changes in their order.
    func tellLinks(of changes: [TopicIndex.Change]) {
        for (bus, link) in links where changes.contains(where: { $0.bus == bus }) {
            tell(link, of: bus)
        }
    }

    /// What is subscribed on the bus the link must fetch from up there.
    private func tell(_ link: any CloudLink, of bus: BusID) {
        link.cloudFiltersDidChange(Set(linkFilters[bus, default: [:]].keys))
    }

    private mutating func countLinkFilter(of subscription: IndexEntry, _ difference: Int) {
        guard let count = linkFilters[subscription.bus]?[subscription.filter, default: 0] else { return }
        let rest = count + difference
        linkFilters[subscription.bus]?[subscription.filter] = rest > 0 ? rest : nil
    }
}
