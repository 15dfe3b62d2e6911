internal import BenchmarkSupport
internal import TopicRouter

/// Measures `TopicRouter`, mostly against the floor.
///
/// Each command is for a process of its own, so that none finds a heap that another has left behind. ROUNDS says
/// how often to measure; the medians are printed.
///
///     match FOLDER WORKLOAD ROUNDS    its name, ns of ours, ns of the floor, ratio
///     memory FOLDER FILE ENGINE       bytes a subscription; ENGINE is trellis or floor
///     pin FOLDER WORKLOAD ROUNDS      ns that it costs to pin for each match and not for a burst
///     filter FOLDER FILE ROUNDS       ns to check a filter, by `TopicFilter.init`
///     readers FOLDER WORKLOAD ROUNDS  how many times as much 1, 2, … readers match as one
///     writer FOLDER w5 ROUNDS         a match's time with a writer to that without, and changes a second
///     hostile FOLDER NAME ROUNDS      its name, ns of ours, ns of a plain trie, ratio, ns of ours without
///     count FOLDER WORKLOAD ENGINE    how many topics were matched while callgrind counted instructions
@main
enum RouterComparison {
    static func main() {
        do {
            let arguments = CommandLine.arguments.dropFirst()
            guard arguments.count == 4 else { throw BenchmarkError("needs a command and three arguments") }
            try pinToCore(fromLast: 0)
            let words = try run(arguments[1], folder: arguments[2], subject: arguments[3], how: arguments[4])
            print(words.joined(separator: " "))
        } catch {
            fail(error)
        }
    }

    private static func run(
        _ command: String,
        folder: String,
        subject: String,
        how: String
    ) throws -> [String] {
        let roundCount = Int(how) ?? 0
        switch command {
        case "match":
            var comparison = try Comparison(Workload(subject), folder: folder, pairCount: roundCount)
            let pairs = try comparison.run()
            return [
                subject, pairs.subject.median.formatted(digits: 1),
                pairs.reference.median.formatted(digits: 1),
                pairs.ratio.formatted(digits: 3),
            ]
        case "memory":
            let filters = try Lines(file: folder + "/" + subject)
            return [try memory(of: how, filters: filters).formatted(digits: 1)]
        case "pin":
            var comparison = try Comparison(Workload(subject), folder: folder, pairCount: roundCount)
            return [try comparison.pinCost().formatted(digits: 1)]
        case "filter":
            let time = try filterTime(try Lines(file: folder + "/" + subject), roundCount: roundCount)
            return [time.formatted(digits: 1)]
        case "readers":
            let scaling = try ReaderScaling(Workload(subject), folder: folder)
            return try scaling.speedUps(roundCount: roundCount).map { $0.formatted(digits: 3) }
        case "writer":
            var load = try WriterLoad(folder: folder)
            let result = try load.run(pairCount: roundCount)
            return [result.slowDown.formatted(digits: 3), result.changesPerSecond.formatted(digits: 0)]
        case "hostile":
            var comparison = try HostileComparison(subject, folder: folder)
            let (pairs, calm) = try comparison.run(pairCount: roundCount)
            return [
                subject, pairs.subject.median.formatted(digits: 1),
                pairs.reference.median.formatted(digits: 1),
                pairs.ratio.formatted(digits: 3), calm.formatted(digits: 1),
            ]
        case "count":
            return [String(try CountedPass(Workload(subject), folder: folder).run(how))]
        default:
            throw BenchmarkError("no command \(command)")
        }
    }

    /// Bytes a subscription, by what the process has more after loading than before.
    private static func memory(of engine: String, filters: Lines) throws -> Double {
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

    private static func filterTime(_ lines: Lines, roundCount: Int) throws -> Double {
        var times: [Double] = []
        for _ in 0..<roundCount {
            var next = 0
            let time = try Stopwatch.steps {
                keep(try TopicFilter(utf8: lines[next]))
                next = (next + 1) % lines.count
            }
            times.append(time)
        }
        return times.median
    }

    /// Keeps the compiler from leaving out what nobody needs.
    @inline(never)
    private static func keep(_ filter: TopicFilter) {}
}
