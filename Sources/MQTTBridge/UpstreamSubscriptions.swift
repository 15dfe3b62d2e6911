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
        case subscribe([TopicFilter])
        case unsubscribe([TopicFilter])
    }

    /// Everything that the cloud bus wants.
    private var told: Set<TopicFilter> = []
    /// What the broker answered with a failure.
    ///
    /// These cover no other filter until they are tried again.
    private var refused: Set<TopicFilter> = []
    /// What the broker acknowledged on this connection.
    private var acknowledged: Set<TopicFilter> = []
    /// What the broker may hold for our session, from earlier connections too.
    private var held: Set<TopicFilter> = []
    /// The packet whose answer is awaited.
    private var pending: Action?

    /// What is still to be subscribed and unsubscribed, worked out whenever one of the sets above changes its
    /// aim.
    private var toSubscribe: ArraySlice<TopicFilter> = []
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

    /// The cloud bus has these filters now.
    mutating func tell(_ filters: Set<TopicFilter>) {
        self.told = filters
        self.refused.formIntersection(filters)
        self.plan()
    }

    /// The broker accepted a connection; `isSessionPresent` tells whether it remembers our session.
    mutating func connected(isSessionPresent: Bool) {
        if !isSessionPresent { self.held = [] }
        self.plan()
    }

    /// The connection is lost: everything wanted is subscribed anew on the next one.
    mutating func disconnected() {
        self.pending = nil
        self.acknowledged = []
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
        if !self.toSubscribe.isEmpty {
            let filters = self.toSubscribe.removePrefix(filtersPerPacketMax)
            self.held.formUnion(filters)
            self.pending = .subscribe(filters)
        } else if !self.toUnsubscribe.isEmpty {
            let filters = self.toUnsubscribe.removePrefix(filtersPerPacketMax)
            self.acknowledged.subtract(filters)
            self.pending = .unsubscribe(filters)
        }
        return self.pending
    }

    /// The answer to the SUBSCRIBE under way has come: one entry for each of its filters, in order.
    ///
    /// - Returns: the filters that were refused; nil when the answer fits no question, which breaks the
    ///   protocol.
    mutating func subscribeAnswered(isGranted: [Bool]) -> [TopicFilter]? {
        guard case .subscribe(let filters) = self.pending, filters.count == isGranted.count else {
            return nil
        }
        self.pending = nil
        var failed: [TopicFilter] = []
        for (filter, isGranted) in zip(filters, isGranted) {
            if isGranted { self.acknowledged.insert(filter) } else { failed.append(filter) }
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
        var underWay: [TopicFilter] = []
        if case .subscribe(let filters) = self.pending { underWay = filters }
        self.toSubscribe = target.subtracting(self.acknowledged).subtracting(underWay).inOrder[...]
        self.toUnsubscribe = self.held.subtracting(target).inOrder[...]
    }
}

extension ArraySlice {
    fileprivate mutating func removePrefix(_ maxLength: Int) -> [Element] {
        defer { self = self.dropFirst(maxLength) }
        return Array(self.prefix(maxLength))
    }
}
