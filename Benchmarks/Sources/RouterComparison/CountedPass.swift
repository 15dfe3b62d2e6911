internal import BenchmarkSupport

/// A pass over few topics, for callgrind to count: it is fifty times slower than the processor, and repeats to
/// the instruction.
struct CountedPass {
    private static let filterCountMax = 10_000
    private static let topicCountMax = 2_000

    private let filters: Lines
    private let topics: Lines

    init(_ workload: Workload, folder: String) throws {
        filters = try Lines(file: folder + "/" + workload.filters, limit: Self.filterCountMax)
        topics = try Lines(file: folder + "/" + workload.topics, limit: Self.topicCountMax)
    }

    /// Counts the instructions of one pass of an engine, `trellis` or `floor`, after another that isn't
    /// counted.
    ///
    /// - Returns: How many topics were matched.
    func run(_ engine: String) throws -> Int {
        guard ["trellis", "floor"].contains(engine) else { throw BenchmarkError("no engine \(engine)") }
        var ours = TrellisEngine()
        try ours.load(filters)
        let floor = FloorEngine()
        floor.load(filters)
        guard ours.match(topics) == floor.match(topics) else {
            throw BenchmarkError("TopicRouter and the floor find different subscribers")
        }
        try counted {
            _ = engine == "floor" ? floor.match(topics) : ours.match(topics)
        }
        return topics.count
    }
}
