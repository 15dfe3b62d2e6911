import Benchmark
import TopicRouter

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(metrics: [.wallClock, .throughput], scalingFactor: .kilo)

    measure("match_7levels_10kExact_1hit", .exact)
    measure("match_7levels_10kMixed_hits", .mixed)
    measure("match_7levels_10kMixed_miss", .miss)
}

/// Matches the workload's topics one after the other.
///
/// The index is built once, before the first sample.
private func measure(_ name: String, _ workload: Workload) {
    // All topics lie in one array, so that the loop counts no references.
    let bytes = workload.topics.flatMap(\.utf8)
    let ends = workload.topics.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.utf8.count) }

    Benchmark(
        name,
        closure: { (benchmark, index: TopicIndex) in
            var reader = index.makeReader()
            var hitCount = 0
            benchmark.startMeasurement()
            for iteration in benchmark.scaledIterations {
                let number = iteration % workload.topics.count
                let topic = bytes.span.extracting(ends[number]..<ends[number + 1])
                reader.pin()
                reader.match(bus: bus, topic: topic) { hitCount += $0.count }
                reader.unpin()
            }
            benchmark.stopMeasurement()
            blackHole(hitCount)
        },
        setup: { try workload.makeIndex() }
    )
}
