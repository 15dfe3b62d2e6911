internal import BenchmarkSupport
internal import Glibc
internal import Histogram

/// A queue before one publisher, to which messages come at random moments, as independent senders make them: a
/// Poisson process.
///
/// It is computed from publishes that were timed before, so that no message waits for other programs on the
/// machine.
struct Queue {
    /// How long each message takes, once it is its turn, in nanoseconds.
    let durations: [UInt64]

    /// How long each message takes from its coming to its end, at a load between 0 and 1.
    func latencies(load: Double) -> Histogram<UInt64> {
        var latencies = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
        latencies.autoResize = true
        let meanPause = Double(durations.reduce(0, +)) / Double(durations.count) / load
        var random = SplitMix64(seed: 2)
        var wait = 0.0
        for duration in durations {
            let latency = wait + Double(duration)
            latencies.record(UInt64(latency))
            let pause = -log(Double.random(in: 0x1p-53..<1, using: &random)) * meanPause
            wait = max(0, latency - pause)
        }
        return latencies
    }
}
