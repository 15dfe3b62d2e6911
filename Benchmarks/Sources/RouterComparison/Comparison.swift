internal import BenchmarkSupport
internal import TopicRouter

/// Both engines, loaded with the same filters.
struct Comparison: ~Copyable {
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
        self.topics = topics
        self.filterCount = filters.count
        self.expected = expected
        self.ours = ours
        self.floor = floor
    }

    /// Measures what the workload is about.
    mutating func run() throws -> Pairs {
        try verify()
        if let churn = workload.churn {
            return try runChurn(try Lines(file: folder + "/" + churn))
        }
        return try runMatch()
    }

    /// Checks what both engines find, and warms the caches up by that.
    private mutating func verify() throws {
        try workload.check("TopicRouter", found: ours.match(topics), expected: expected)
        try workload.check("the floor", found: floor.match(topics), expected: expected)
    }

    /// A match on both sides: find every filter that fits, count its subscribers and add their ids up.
    private mutating func runMatch() throws -> Pairs {
        try Stopwatch.inTurn(pairCount: pairCount) {
            try matchTime(burst: Stopwatch.burst)
        } against: {
            try Stopwatch.match(topicCount: topics.count, expected: expected) { floor.match(topics) }
        }
    }

    private mutating func matchTime(burst: Int) throws -> Double {
        try Stopwatch.match(topicCount: topics.count, expected: expected) {
            ours.match(topics, burst: burst)
        }
    }

    /// A subscription made and another taken back.
    ///
    /// Ours gets filters that were checked before; the floor gets text and trusts it.
    private mutating func runChurn(_ lines: Lines) throws -> Pairs {
        let firstID = UInt32(filterCount)
        var ourChurn = try TrellisChurn(index: ours.index, lines: lines, firstID: firstID)
        var floorChurn = FloorChurn(lines: lines, firstID: firstID)
        ourChurn.begin()
        floorChurn.begin(floor)
        let pairs = Stopwatch.inTurn(pairCount: pairCount) {
            Stopwatch.steps { ourChurn.step() }
        } against: {
            Stopwatch.steps { floorChurn.step(floor) }
        }
        ourChurn.end()
        floorChurn.end(floor)
        try verify()
        return pairs
    }

    /// What a match costs more if the reader is pinned for each instead of for each burst, in nanoseconds.
    mutating func pinCost() throws -> Double {
        try verify()
        return try Stopwatch.inTurn(pairCount: pairCount) {
            try matchTime(burst: 1)
        } against: {
            try matchTime(burst: Stopwatch.burst)
        }.difference
    }
}
