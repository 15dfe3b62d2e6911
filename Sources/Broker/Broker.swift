public import GreengrassModel
public import Logging
internal import NIOConcurrencyHelpers
public import TopicRouter

/// Routes messages between buses and subscribers, and keeps what could not be delivered.
///
/// A bus is an address space of topics: `local`, `cloud`, and one for each function that publishes.
/// Publishing goes through a `Publisher`, one for each thread; everything else here may be called from any
/// thread.
public final class Broker: Sendable {
    /// What could not be delivered.
    public let deadLetters: DeadLetters
    /// Who watches the traffic, if anybody.
    public let observer: (any TrafficObserver)?

    let index = TopicIndex()
    let counting = AtomicCounters()
    let logger: Logger
    let subscribers = SharedSubscribers()
    let directory: NIOLockedValueBox<Directory>

    /// Makes a broker without subscribers and with the cloud switched off.
    ///
    /// - Parameters:
    ///   - limits: How many dead letters are kept.
    ///   - logger: Gets what explains a publish without subscription.
    ///   - observer: Who watches the traffic, if anybody.
    ///   - deadLetterStore: What keeps dead letters beyond the life of the process; without one they are in
    ///     memory alone.
    public init(
        limits: BrokerLimits = BrokerLimits(),
        logger: Logger,
        observer: (any TrafficObserver)? = nil,
        deadLetterStore: (any DeadLetterStore)? = nil
    ) {
        self.deadLetters = DeadLetters(limits: limits, store: deadLetterStore)
        self.logger = logger
        self.observer = observer
        self.directory = NIOLockedValueBox(Directory(subscribers: subscribers))
    }

    /// What the broker has done since it started.
    public var counters: BrokerCounters { counting.values }

    /// Makes a handle to publish with.
    ///
    /// It belongs to the thread that uses it; make one for each.
    public func makePublisher() -> Publisher {
        Publisher(broker: self, reader: index.makeReader())
    }

    /// Adds a subscriber; it gets messages once it is subscribed to a filter.
    public func add(_ subscriber: any Subscriber) -> SubscriberID {
        subscribers.change { $0.add(subscriber) }
    }

    /// Removes a subscriber and every subscription it has.
    public func remove(_ id: SubscriberID) {
        change { $0.removeSubscriptions(of: id) }
        _ = subscribers.change { $0.remove(id) }
    }

    /// Subscribes to a filter on a bus.
    ///
    /// The same subscription may be made more than once; each is taken back by itself.
    public func subscribe(_ id: SubscriberID, to filter: TopicFilter, on bus: BusID) {
        change { $0.retain(IndexEntry(bus: bus, filter: filter, subscriber: id)).map { [$0] } ?? [] }
    }

    /// Takes back one subscription made by `subscribe`.
    public func unsubscribe(_ id: SubscriberID, from filter: TopicFilter, on bus: BusID) {
        change { $0.release(IndexEntry(bus: bus, filter: filter, subscriber: id)).map { [$0] } ?? [] }
    }

    /// Deploys a function: rows that name `arn` deliver to `queue`, and what the function publishes goes on
    /// the bus returned.
    ///
    /// - Parameters:
    ///   - arn: The function's ARN with its version.
    ///   - queue: The subscriber that takes the function's work, added before.
    /// - Returns: The bus that is the function's own.
    public func deploy(_ arn: FunctionARN, queue: SubscriberID) -> BusID {
        directory.withLockedValue { directory in
            let bus = directory.deploy(arn, queue: queue)
            apply(directory.resolveTable(), &directory)
            return bus
        }
    }

    /// Deploys functions under other ARNs than before, each in the place of its own: queues and buses stay.
    ///
    /// On each bus a publish sees either all of it or nothing.
    ///
    /// - Parameters:
    ///   - newARNs: The new ARN of each old one.
    ///   - table: The subscription table that goes with it; `nil`: the one in force stays.
    public func redeploy(_ newARNs: [FunctionARN: FunctionARN], table: SubscriptionTable?) {
        change { directory in
            directory.redeploy(newARNs)
            if let table {
                directory.setTable(table)
            }
            return directory.resolveTable()
        }
    }

    /// Makes `table` the subscription table, in place of the one before.
    ///
    /// On each bus a publish sees either the old table or the new one, never a mixture.
    public func apply(_ table: SubscriptionTable) {
        change { directory in
            directory.setTable(table)
            return directory.resolveTable()
        }
    }

    /// The table in force.
    public var subscriptions: SubscriptionTable {
        directory.withLockedValue { $0.table }
    }

    /// Makes `link` the uplink, the target of everything that goes to the cloud, and tells it the cloud bus'
    /// filters.
    public func setUplink(_ link: any CloudLink) {
        directory.withLockedValue { directory in
            subscribers.change { $0.setUplink(link) }
            directory.setLink(link, of: .cloud)
            apply(directory.resolveTable(), &directory)
        }
    }

    /// Makes a bus for what comes from an MQTT broker beside the cloud; `setLink` follows.
    public func addEndpointBus() -> BusID {
        directory.withLockedValue { $0.addEndpointBus() }
    }

    /// The bus for what comes from the cloud to a group that shares its messages (MQTT 5, 4.8.2).
    ///
    /// The group's own link publishes there: what is shared must not reach who asked for every message.
    public func bus(ofShareGroup group: String) -> BusID {
        directory.withLockedValue { $0.bus(ofShareGroup: group) }
    }

    /// Tells `link`, which publishes on `bus` what comes from its broker, the filters of the bus, always.
    public func setLink(_ link: any CloudLink, of bus: BusID) {
        directory.withLockedValue { $0.setLink(link, of: bus) }
    }

    /// The link to the cloud; `nil` when the cloud is switched off.
    public var uplink: (any CloudLink)? {
        directory.withLockedValue { $0.links[.cloud] }
    }

    /// Every link: to the cloud, to brokers beside it, and for groups that share messages.
    public var links: [any CloudLink] {
        directory.withLockedValue { Array($0.links.values) }
    }

    /// Offers a message to the cloud, past every subscription.
    ///
    /// Any thread may call it.
    ///
    /// - Returns: `.queueFull`, `.unavailable` or `.refused` when the link did not take it; the message is
    ///   not kept then.
    public func publishToCloud(_ message: Message) -> PublishOutcome {
        counting.didPublish()
        guard let uplink else { return .unavailable(reason: MissingUplink.reason) }
        return offer(message, to: uplink)
    }

    /// Offers a message to one subscriber.
    func offer(_ message: Message, to target: any Subscriber) -> PublishOutcome {
        switch target.reserve(for: message) {
        case .ok:
            let durability = target.commit(message)
            counting.didDeliver(to: 1)
            observer?.didRoute(message, to: [target.name])
            return .accepted(targets: 1, durability: durability)
        case .full(let limit):
            counting.didFindQueueFull()
            return .queueFull(target: target.name, limit: limit)
        case .gone(let reason):
            return .unavailable(reason: reason)
        case .refused(let reason):
            return .refused(target: target.name, reason: reason)
        }
    }

    /// Writes the nearest rows that do not match to the log, once for each source and topic until the table
    /// changes.
    func explainMiss(_ message: Message) {
        guard case .function(let arn) = message.origin else { return }
        let source = ResolvedSource.function(arn)
        let table = directory.withLockedValue { $0.isNew(message) ? $0.table : nil }
        guard let table else { return }
        let near = table.nearMisses(source: source, topic: message.topic).map(\.description)
        let nearest = near.isEmpty ? "no row comes near" : "nearest: " + near.joined(separator: "; ")
        logger.warning("no subscription for \(arn) and \(message.topic); \(nearest)")
    }

    /// Writes to the log why `target` does not take a message, as often as `explainMiss`: what a function
    /// gets of an SDK is no more than a number.
    func explainRefusal(_ message: Message, target: String, reason: String) {
        guard case .function(let arn) = message.origin, directory.withLockedValue({ $0.isNew(message) })
        else {
            return
        }
        logger.warning("\(target) does not take what \(arn) publishes for \(message.topic): \(reason)")
    }

    /// Changes the directory, and the index by what `body` returns.
    private func change(_ body: (inout Directory) -> [TopicIndex.Change]) {
        directory.withLockedValue { apply(body(&$0), &$0) }
    }

    private func apply(_ changes: [TopicIndex.Change], _ directory: inout Directory) {
        index.apply(changes)
        directory.removeRetired()
        directory.tellLinks(of: changes)
    }
}
