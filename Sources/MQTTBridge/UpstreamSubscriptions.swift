import GreengrassModel
import TopicRouter

/// The most filters in one SUBSCRIBE or UNSUBSCRIBE packet: AWS IoT Core takes no more than eight.
private let filtersPerPacketMax = 8

/// Decides what to subscribe and unsubscribe upstream so that the broker's set follows the cloud bus.
///
/// Holds no connection and no clock: the owner reports events and performs the action that `next` returns.
/// One packet is under way at a time, and nothing is unsubscribed before everything wanted is acknowledged,
/// so no message is missed when a wide filter replaces narrow ones or the other way round.
struct UpstreamSubscriptions {
    /// A packet to send.
    enum Action: Equatable {
        /// With `identifier`, messages that the filters match carry it.
        case subscribe([TopicFilter], identifier: UInt32?)
        case unsubscribe([TopicFilter])
    }

    /// Everything that the cloud bus wants.
    private var told: Set<TopicFilter> = []
    /// What the broker answered with a failure.
    ///
    /// These cover no other filter until they are tried again.
    private var refused: Set<TopicFilter> = []
    /// What the broker acknowledged on this connection, each with its subscription identifier or nil.
    private var acknowledged: [TopicFilter: UInt32?] = [:]
    /// What the broker may hold for our session, from earlier connections too.
    private var held: Set<TopicFilter> = []
    /// The packet whose answer is awaited.
    private var pending: Action?

    /// What is still to be subscribed and unsubscribed, worked out whenever one of the sets above changes its
    /// aim.
    private var toSubscribe: ArraySlice<TopicFilter> = []
    /// The identifiers of filters that overlap others of the covering set: the broker may send a message once
    /// for each of them.
    private var identifiers: [TopicFilter: UInt32] = [:]
    /// Whether the broker knows subscription identifiers.
    private var hasIdentifiers = false
    private var toUnsubscribe: ArraySlice<TopicFilter> = []

    /// Whether every filter told so far has its answer, so that no echo of a message sent now can be missed.
    ///
    /// A refused filter has had its answer: one filter that the broker never grants must not stop the uplink.
    var isSettled: Bool {
        if case .subscribe = self.pending { return false }
        return self.toSubscribe.isEmpty
    }

    /// Whether some filters are refused and wait to be tried again.
    var hasRefused: Bool { !self.refused.isEmpty }

    /// Whether a filter that the broker acknowledged covers `filter`.
    func covers(_ filter: TopicFilter) -> Bool { self.acknowledged.keys.contains { $0.covers(filter) } }

    /// The cloud bus has these filters now.
    mutating func tell(_ filters: Set<TopicFilter>) {
        self.told = filters
        self.refused.formIntersection(filters)
        self.plan()
    }

    /// The broker accepted a connection.
    ///
    /// - Parameters:
    ///   - isSessionPresent: Whether it remembers our session.
    ///   - hasIdentifiers: Whether it knows subscription identifiers.
    mutating func connected(isSessionPresent: Bool, hasIdentifiers: Bool = false) {
        if !isSessionPresent { self.held = [] }
        self.hasIdentifiers = hasIdentifiers
        self.plan()
    }

    /// The connection is lost: everything wanted is subscribed anew on the next one.
    mutating func disconnected() {
        self.pending = nil
        self.acknowledged = [:]
        self.retryRefused()
    }

    /// Lets refused filters be asked for again.
    mutating func retryRefused() {
        self.refused = []
        self.plan()
    }

    /// The packet to send now; nil while one is under way, or when nothing is to be changed.
    mutating func next() -> Action? {
        guard self.pending == nil else { return nil }
        if let first = self.toSubscribe.first {
            // An identifier belongs to a packet, so a filter that has one travels alone.
            let identifier = self.identifiers[first]
            let count = self.toSubscribe.prefix(filtersPerPacketMax)
                .prefix { self.identifiers[$0] == nil }.count
            let filters = self.toSubscribe.removePrefix(max(1, count))
            self.held.formUnion(filters)
            self.pending = .subscribe(filters, identifier: identifier)
        } else if !self.toUnsubscribe.isEmpty {
            let filters = self.toUnsubscribe.removePrefix(filtersPerPacketMax)
            for filter in filters { self.acknowledged[filter] = nil }
            self.pending = .unsubscribe(filters)
        }
        return self.pending
    }

    /// The answer to the SUBSCRIBE under way has come: one entry for each of its filters, in order.
    ///
    /// - Returns: the filters that were refused; nil when the answer fits no question, which breaks the
    ///   protocol.
    mutating func subscribeAnswered(isGranted: [Bool]) -> [TopicFilter]? {
        guard case .subscribe(let filters, let identifier) = self.pending, filters.count == isGranted.count
        else { return nil }
        self.pending = nil
        var failed: [TopicFilter] = []
        for (filter, isGranted) in zip(filters, isGranted) {
            if isGranted {
                self.acknowledged[filter] = .some(identifier)
            } else {
                failed.append(filter)
            }
        }
        if !failed.isEmpty {
            self.held.subtract(failed)
            self.refused.formUnion(self.told.intersection(failed))
            self.plan()
        }
        return failed
    }

    /// The answer to the UNSUBSCRIBE under way has come.
    ///
    /// - Returns: false when there was no such question, which breaks the protocol.
    mutating func unsubscribeAnswered() -> Bool {
        guard case .unsubscribe(let filters) = self.pending else { return false }
        self.pending = nil
        self.held.subtract(filters)
        return true
    }

    private mutating func plan() {
        let target = self.told.subtracting(self.refused).coveringSet()
        self.identifiers = self.hasIdentifiers ? target.subscriptionIdentifiers() : [:]
        var underWay: [TopicFilter] = []
        if case .subscribe(let filters, _) = self.pending { underWay = filters }
        self.toSubscribe = target.filter { !self.isSubscribed($0) }.subtracting(underWay).inOrder[...]
        self.toUnsubscribe = self.held.subtracting(target).inOrder[...]
    }

    /// Whether the broker acknowledged `filter`, with the identifier that it needs; one too many does no
    /// harm.
    private func isSubscribed(_ filter: TopicFilter) -> Bool {
        guard let identifier = self.acknowledged[filter] else { return false }
        return identifier != nil || self.identifiers[filter] == nil
    }
}

/// With more wildcard filters, all count as overlapping: each pair would have to be looked at.
private let comparedFiltersMax = 512

extension Set<TopicFilter> {
    /// An identifier for each filter that overlaps another one of the set.
    ///
    /// It depends on the filter alone, so that messages which waited in a session from an earlier run carry
    /// the right one. Two filters with the same one are not told apart, which costs no message.
    fileprivate func subscriptionIdentifiers() -> [TopicFilter: UInt32] {
        // Of a covering set, a filter without wildcards overlaps none.
        let wildcards = Array(self.filter(\.hasWildcard))
        var overlapping: Set<TopicFilter> = []
        if wildcards.count > comparedFiltersMax {
            overlapping = Set(wildcards)
        } else {
            for (index, filter) in wildcards.enumerated() {
                for other in wildcards.dropFirst(index + 1) where filter.overlaps(other) {
                    overlapping.formUnion([filter, other])
                }
            }
        }
        return Dictionary(uniqueKeysWithValues: overlapping.map { ($0, $0.subscriptionIdentifier) })
    }
}

extension TopicFilter {
    /// 1 to 268,435,455, as MQTT 5 has it (3.8.2.1.2): the FNV-1a hash of the filter's bytes, folded.
    private static let subscriptionIdentifierMax: UInt32 = 268_435_455

    fileprivate var subscriptionIdentifier: UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in self.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash % Self.subscriptionIdentifierMax + 1
    }
}

extension ArraySlice {
    fileprivate mutating func removePrefix(_ maxLength: Int) -> [Element] {
        defer { self = self.dropFirst(maxLength) }
        return Array(self.prefix(maxLength))
    }
}
