internal import BenchmarkSupport
internal import TopicRouter

/// The index under test, with everything on one bus.
struct TrellisEngine: ~Copyable {
    private static let bus = BusID(rawValue: 0)

    private let index = TopicIndex()
    private var reader: TopicReader

    init() {
        reader = index.makeReader()
    }

    /// Subscribes one subscriber to each filter: its line number.
    func load(_ filters: borrowing Lines) throws {
        var changes: [TopicIndex.Change] = []
        changes.reserveCapacity(filters.count)
        for number in 0..<filters.count {
            changes.append(
                .subscribe(
                    SubscriberID(rawValue: UInt32(number)),
                    to: try TopicFilter(utf8: filters[number]),
                    on: Self.bus
                )
            )
        }
        index.apply(changes)
    }

    /// Matches every topic, `burst` of them while the reader is pinned, and visits every subscriber to add up
    /// the ids, as the floor does.
    mutating func match(_ topics: borrowing Lines, burst: Int) -> Tally {
        guard let bytes = topics.bytes.baseAddress else { return Tally() }
        let starts = topics.starts
        let lengths = topics.lengths
        var tally = Tally()
        var next = 0
        while next < starts.count {
            let end = min(next + burst, starts.count)
            reader.pin()
            while next < end {
                let topic = UnsafeBufferPointer(start: bytes + Int(starts[next]), count: Int(lengths[next]))
                reader.match(bus: Self.bus, topic: topic.span) { subscribers in
                    tally.matchCount &+= subscribers.count
                    tally.idSum &+= subscribers.withUnsafeBufferPointer { $0.idSum }
                }
                next += 1
            }
            reader.unpin()
        }
        return tally
    }

    /// The time of one match, in nanoseconds.
    mutating func matchTime(_ topics: borrowing Lines, burst: Int, expected: Tally) throws -> Double {
        try Stopwatch.match(topicCount: topics.count, expected: expected) { match(topics, burst: burst) }
    }

    func subscribe(_ id: UInt32, to filter: TopicFilter) {
        index.apply([.subscribe(SubscriberID(rawValue: id), to: filter, on: Self.bus)])
    }

    func unsubscribe(_ id: UInt32, from filter: TopicFilter) {
        index.apply([.unsubscribe(SubscriberID(rawValue: id), from: filter, on: Self.bus)])
    }

    /// As `subscribe`, in one call for many.
    func subscribe(all subscriptions: [(id: UInt32, filter: TopicFilter)]) {
        index.apply(
            subscriptions.map { .subscribe(SubscriberID(rawValue: $0.id), to: $0.filter, on: Self.bus) }
        )
    }

    /// As `unsubscribe`, in one call for many.
    func unsubscribe(all subscriptions: [(id: UInt32, filter: TopicFilter)]) {
        index.apply(
            subscriptions.map { .unsubscribe(SubscriberID(rawValue: $0.id), from: $0.filter, on: Self.bus) }
        )
    }

    /// Ends nothing before this call.
    @inline(never)
    func keepAlive() {}
}

extension UnsafeBufferPointer<SubscriberID> {
    fileprivate var idSum: UInt64 {
        var sum: UInt64 = 0
        for id in self {
            sum &+= UInt64(id.rawValue)
        }
        return sum
    }
}
