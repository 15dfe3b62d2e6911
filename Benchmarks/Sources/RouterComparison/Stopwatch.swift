internal import BenchmarkSupport

/// Times work in nanoseconds of the thread's CPU time.
enum Stopwatch {
    /// The shortest measurement: the clock and the machine's short disturbances don't count against it.
    static let nanosecondsMin: UInt64 = 250_000_000

    /// How many topics a reader matches while it is pinned: a burst, as an event loop reads it from its sockets.
    static let burst = 64

    /// The time of one match, while passes over `topicCount` topics are made; each must find `expected`.
    static func match(topicCount: Int, expected: Tally, pass: () -> Tally) throws -> Double {
        var passCount = 0
        var isRight = true
        let start = threadCPUNanoseconds()
        var elapsed: UInt64
        repeat {
            isRight = pass() == expected && isRight
            passCount += 1
            elapsed = threadCPUNanoseconds() - start
        } while elapsed < nanosecondsMin
        guard isRight else { throw BenchmarkError("a pass did not find what the oracle says") }
        return Double(elapsed) / Double(passCount * topicCount)
    }

    /// The time of one step, while steps are made.
    ///
    /// The clock is read after 1, 2, 4, … steps, as a step may take nanoseconds or a second.
    static func steps(_ step: () throws -> Void) rethrows -> Double {
        var stepCount = 0
        var chunk = 1
        let start = threadCPUNanoseconds()
        var elapsed: UInt64 = 0
        while elapsed < nanosecondsMin {
            for _ in 0..<chunk {
                try step()
            }
            stepCount += chunk
            elapsed = threadCPUNanoseconds() - start
            if elapsed < nanosecondsMin / 16 {
                chunk *= 2
            }
        }
        return Double(elapsed) / Double(stepCount)
    }

    /// Measures two things in turn, so that whatever slows the machine slows both.
    static func inTurn(
        pairCount: Int,
        _ subject: () throws -> Double,
        against reference: () throws -> Double
    ) rethrows -> Pairs {
        var pairs = Pairs()
        for _ in 0..<pairCount {
            pairs.reference.append(try reference())
            pairs.subject.append(try subject())
        }
        return pairs
    }
}

/// Measurements made in turn, in nanoseconds.
struct Pairs {
    var reference: [Double] = []
    var subject: [Double] = []

    /// The median of the ratios within the pairs, not the ratio of the medians.
    var ratio: Double { zip(subject, reference).map { $0 / $1 }.median }

    /// The median of the differences within the pairs.
    var difference: Double { zip(subject, reference).map { $0 - $1 }.median }
}
