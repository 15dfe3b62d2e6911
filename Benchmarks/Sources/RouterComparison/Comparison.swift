internal import BenchmarkSupport
internal import TopicRouter

/// Both engines, loaded with the same filters.
struct Comparison: ~Copyable {
    /// How many topics a reader takes while it is pinned: a burst, as an event loop reads it from its sockets.
    static let burst = 64

    private let workload: Workload
    private let folder: String
    private let pairCount: Int
    private let topics: Lines
    private let filterCount: Int
    private let expected: Tally
    private var ours: TrellisEngine
    private let floor: FloorEngine

    init(_ workload: Workload, folder: String, pairCount: Int) throws {
        let expected = try workload.expectedTally(in: folder)
        let topics = try Lines(file: folder + "/" + workload.topics, repetitions: workload.repetitions)
        let filters = try Lines(file: folder + "/" + workload.filters)
        let ours = TrellisEngine()
        try ours.load(filters)
        let floor = FloorEngine()
        floor.load(filters)

        self.workload = workload
        self.folder = folder
        self.pairCount = pairCount
        self.expected = expected
        self.topics = topics
        self.filterCount = filters.count
        self.ours = ours
        self.floor = floor
    }

    /// Checks what both engines find, and warms the caches up by that.
    private mutating func verify() throws {
        try workload.check("TopicRouter", found: ours.match(topics, burst: Self.burst), expected: expected)
        try workload.check("the floor", found: floor.match(topics), expected: expected)
    }

    /// Measures what the workload is about.
    mutating func run() throws -> Pairs {
        try verify()
        if let churn = workload.churn {
            return try runChurn(try Lines(file: folder + "/" + churn))
        }
        return try runMatch()
    }

    /// A match on both sides: find every filter that fits, count its subscribers and add their ids up.
    private mutating func runMatch() throws -> Pairs {
        try Stopwatch.inTurn(pairCount: pairCount) {
            try ours.matchTime(topics, burst: Self.burst, expected: expected)
        } against: {
            try Stopwatch.match(topicCount: topics.count, expected: expected) { floor.match(topics) }
        }
    }

    /// A subscription made and another taken back, each in a call of its own.
    ///
    /// Ours gets filters that were checked before, by `TopicFilter.init`, where input comes in; the floor gets
    /// text and trusts it.
    private mutating func runChurn(_ lines: borrowing Lines) throws -> Pairs {
        let filters = try (0..<lines.count).map { try TopicFilter(utf8: lines[$0]) }
        let firstID = UInt32(filterCount)
        let subscriptions = { (window: ChurnWindow) in
            window.positions.map { (id: firstID + UInt32($0), filter: filters[$0]) }
        }
        var ourWindow = ChurnWindow(filterCount: filters.count)
        var floorWindow = ChurnWindow(filterCount: filters.count)
        ours.subscribe(all: subscriptions(ourWindow))
        for position in floorWindow.positions {
            floor.add(firstID + UInt32(position), to: lines[position])
        }

        let pairs = Stopwatch.inTurn(pairCount: pairCount) {
            Stopwatch.steps {
                let step = ourWindow.advance()
                ours.subscribe(firstID + UInt32(step.subscribe), to: filters[step.subscribe])
                ours.unsubscribe(firstID + UInt32(step.unsubscribe), from: filters[step.unsubscribe])
            }
        } against: {
            Stopwatch.steps {
                let step = floorWindow.advance()
                floor.add(firstID + UInt32(step.subscribe), to: lines[step.subscribe])
                floor.remove(firstID + UInt32(step.unsubscribe), from: lines[step.unsubscribe])
            }
        }

        ours.unsubscribe(all: subscriptions(ourWindow))
        for position in floorWindow.positions {
            floor.remove(firstID + UInt32(position), from: lines[position])
        }
        try verify()
        return pairs
    }

    /// What a match costs more if the reader is pinned for each instead of for each burst, in nanoseconds.
    mutating func pinCost() throws -> Double {
        try verify()
        return try Stopwatch.inTurn(pairCount: pairCount) {
            try ours.matchTime(topics, burst: 1, expected: expected)
        } against: {
            try ours.matchTime(topics, burst: Self.burst, expected: expected)
        }.difference
    }
}
