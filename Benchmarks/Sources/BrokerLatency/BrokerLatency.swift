internal import BenchmarkSupport
internal import Broker
internal import Histogram

/// Measures `Publisher.publish`, from the call until the last subscriber has been offered the message and has
/// taken it: first how many a second, then how long each takes when the publisher is busy for 70 % of the time.
///
/// Prints a JSON object a scenario; times are in nanoseconds. With `allocations` as its argument it prints only how
/// often memory was asked for during 10,000 publishes of each.
@main
enum BrokerLatency {
    private static let load = 0.7
    private static let nanosecondsOfThroughput: UInt64 = 1_000_000_000
    private static let nanosecondsOfLatency: UInt64 = 1_000_000_000
    private static let latencyRoundCount = 5
    private static let publishCountOfAllocations = 10_000

    static func main() {
        do {
            try pinToCore(fromLast: 0)
            let countsAllocations = CommandLine.arguments.dropFirst() == ["allocations"]
            for make in Scenario.all {
                try countsAllocations ? count(try make()) : run(try make())
            }
        } catch {
            fail(error)
        }
    }

    private static func count(_ scenario: Scenario) throws {
        var runner = Runner(scenario)
        let allocationCount = runner.allocations(publishCount: publishCountOfAllocations)
        try runner.check()
        print("\(scenario.name): \(allocationCount)")
    }

    private static func run(_ scenario: Scenario) throws {
        var runner = Runner(scenario)
        _ = runner.throughput(nanoseconds: nanosecondsOfThroughput / 4)
        let throughput = runner.throughput(nanoseconds: nanosecondsOfThroughput)
        // The round in the middle: a single long interrupt makes a round's tail.
        let rounds = (0..<latencyRoundCount).map { _ in
            Queue(durations: runner.durations(nanoseconds: nanosecondsOfLatency)).latencies(load: load)
        }
        let latencies = rounds.sorted { $0.valueAtPercentile(99.9) < $1.valueAtPercentile(99.9) }[
            latencyRoundCount / 2
        ]
        try runner.check()
        let percentiles = [("p50", 50.0), ("p99", 99), ("p99.9", 99.9)]
            .map { "\"\($0)\": \(latencies.valueAtPercentile($1))" }
        let curve = latencies.percentiles(ticksPerHalfDistance: 5)
            .map { "[\($0.percentile), \($0.value)]" }
        print(
            """
            {"scenario": "\(scenario.name)", "publishes_per_second": \(throughput.rounded()), \
            \(percentiles.joined(separator: ", ")), "percentiles": [\(curve.joined(separator: ", "))]}
            """
        )
    }
}
