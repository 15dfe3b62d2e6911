internal import BenchmarkSupport
internal import TopicRouter

/// A reader of the index under test, with everything on one bus.
struct TrellisEngine: ~Copyable {
    static let bus = BusID(rawValue: 0)

    let index: TopicIndex
    private var reader: TopicReader

    /// Makes a reader of an index; by default of a new one.
    init(index: TopicIndex = TopicIndex()) {
        self.index = index
        reader = index.makeReader()
    }

    /// Subscribes one subscriber to each filter: its line number.
    func load(_ filters: Lines) throws {
        let changes = try filters.topicFilters().enumerated().map { number, filter in
            TopicIndex.Change.subscribe(SubscriberID(rawValue: UInt32(number)), to: filter, on: Self.bus)
        }
        index.apply(changes)
    }

    /// Subscribes one subscriber to each filter, in a call of its own: `firstID` and its line number.
    func subscribe(to filters: Lines, firstID: UInt32) throws {
        for (number, filter) in try filters.topicFilters().enumerated() {
            index.subscribe(SubscriberID(rawValue: firstID + UInt32(number)), to: filter, on: Self.bus)
        }
    }

    /// Matches every topic, `burst` of them while the reader is pinned, and visits every subscriber to add up
    /// the ids, as the floor does.
    mutating func match(_ topics: Lines, burst: Int = Stopwatch.burst) -> Tally {
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

    /// Ends nothing before this call.
    @inline(never)
    func keepAlive() {}
}

extension Lines {
    /// The lines as filters, checked.
    func topicFilters() throws -> [TopicFilter] {
        try (0..<count).map { try TopicFilter(utf8: self[$0]) }
    }
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
