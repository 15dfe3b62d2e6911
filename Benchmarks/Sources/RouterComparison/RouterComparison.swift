internal import BenchmarkSupport
internal import TopicRouter

/// Compares `TopicRouter` with the floor.
///
///     RouterComparison FOLDER match PAIRS WORKLOAD    one line: name, ours and the floor's ns, ratio
///     RouterComparison FOLDER pin PAIRS WORKLOAD      ns that pinning for each match costs
///     RouterComparison FOLDER filter PAIRS FILE       ns to check a filter, by `TopicFilter.init`
///     RouterComparison FOLDER memory ENGINE FILE      bytes a subscription; ENGINE is trellis or floor
///
/// Each is for a process of its own, so that one leaves nothing behind in the next one's heap.
@main
enum RouterComparison {
    static func main() {
        do {
            try pinToCore(fromLast: 0)
            print(try answer(to: Array(CommandLine.arguments.dropFirst())))
        } catch {
            fail(error)
        }
    }

    private static func answer(to arguments: [String]) throws -> String {
        guard arguments.count == 4 else { throw BenchmarkError("needs FOLDER, what, how, and on which") }
        let folder = arguments[0]
        let name = arguments[3]
        switch (arguments[1], Int(arguments[2]), arguments[2]) {
        case ("match", let pairCount?, _):
            var comparison = try Comparison(Workload(name), folder: folder, pairCount: pairCount)
            let pairs = try comparison.run()
            return [
                name, pairs.subject.median.formatted(digits: 1), pairs.reference.median.formatted(digits: 1),
                pairs.ratio.formatted(digits: 3),
            ].joined(separator: " ")
        case ("pin", let pairCount?, _):
            var comparison = try Comparison(Workload(name), folder: folder, pairCount: pairCount)
            return try comparison.pinCost().formatted(digits: 1)
        case ("filter", let pairCount?, _):
            return try filterTime(try Lines(file: folder + "/" + name), pairCount: pairCount)
        case ("memory", _, let engine):
            return try memory(of: engine, filters: try Lines(file: folder + "/" + name))
                .formatted(digits: 1)
        default:
            throw BenchmarkError("can't \(arguments[1]) \(arguments[2])")
        }
    }

    /// Bytes a subscription, by what the process has more after loading than before.
    private static func memory(of engine: String, filters: borrowing Lines) throws -> Double {
        let before = try residentBytes()
        let after: Int
        switch engine {
        case "trellis":
            let engine = TrellisEngine()
            try engine.load(filters)
            after = try residentBytes()
            engine.keepAlive()
        case "floor":
            let engine = FloorEngine()
            engine.load(filters)
            after = try residentBytes()
            engine.keepAlive()
        default:
            throw BenchmarkError("no engine \(engine)")
        }
        return Double(after - before) / Double(filters.count)
    }

    private static func filterTime(_ filters: borrowing Lines, pairCount: Int) throws -> String {
        var times: [Double] = []
        var byteCount = 0
        for _ in 0..<pairCount {
            var next = 0
            let time = try Stopwatch.steps {
                byteCount &+= try TopicFilter(utf8: filters[next]).utf8.count
                next = (next + 1) % filters.count
            }
            times.append(time)
        }
        guard byteCount > 0 else { throw BenchmarkError("no filters") }
        return times.median.formatted(digits: 1)
    }
}
