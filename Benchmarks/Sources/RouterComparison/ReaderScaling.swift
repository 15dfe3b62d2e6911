internal import BenchmarkSupport
internal import Synchronization
internal import TopicRouter

/// How much several readers match together, against one alone.
struct ReaderScaling {
    private static let nanosecondsOfRound: UInt64 = 500_000_000

    private let index: TopicIndex
    private let workload: Workload
    private let topics: Lines
    private let expected: Tally

    init(_ workload: Workload, folder: String) throws {
        let engine = TrellisEngine()
        try engine.load(try Lines(file: folder + "/" + workload.filters))
        self.workload = workload
        index = engine.index
        expected = try workload.expectedTally(in: folder)
        topics = try Lines(file: folder + "/" + workload.topics)
    }

    /// For each number of readers up to that of cores, how many times as much they match as one.
    func speedUps(roundCount: Int) throws -> [Double] {
        var speedUps = [[Double]](repeating: [], count: coreCount)
        for round in 0..<roundCount {
            // In turn, so that whatever slows the machine slows all; and a single reader on each core in turn,
            // as one core may be slower than another.
            let rates = try (1...coreCount).map { count in
                try matchesPerNanosecond(readerCount: count, firstCore: round % coreCount)
            }
            for (position, rate) in rates.enumerated() {
                speedUps[position].append(rate / rates[0])
            }
        }
        return speedUps.map(\.median)
    }

    /// What readers match together, each on a core of its own.
    ///
    /// Counted against each thread's CPU time: what readers cost one another, by locks or by lines of memory
    /// that travel between cores, counts; what other programs take of the cores doesn't.
    private func matchesPerNanosecond(readerCount: Int, firstCore: Int) throws -> Double {
        let (index, workload, topics, expected) = (index, workload, topics, expected)
        let race = Race(runnerCount: readerCount)
        let threads = try (0..<readerCount).map { number in
            try PinnedThread(core: (firstCore + number) % coreCount) {
                var engine = TrellisEngine(index: index)
                try workload.check("TopicRouter", found: engine.match(topics), expected: expected)
                race.waitForOthers()
                let deadline = wallClockNanoseconds() + Self.nanosecondsOfRound
                let start = threadCPUNanoseconds()
                var passCount = 0
                while wallClockNanoseconds() < deadline {
                    try workload.check("TopicRouter", found: engine.match(topics), expected: expected)
                    passCount += 1
                }
                let elapsed = threadCPUNanoseconds() - start
                race.finish(rate: Double(passCount * topics.count) / Double(elapsed))
            }
        }
        for thread in threads {
            thread.join()
        }
        return race.rate
    }
}

/// Threads that start together, and what they do together.
private final class Race: Sendable {
    private let runnerCount: Int
    private let arrivals = Atomic(0)
    private let rates = Mutex<[Double]>([])

    init(runnerCount: Int) {
        self.runnerCount = runnerCount
    }

    /// Waits on its core, so that none starts late because it has to be woken.
    func waitForOthers() {
        arrivals.add(1, ordering: .relaxed)
        while arrivals.load(ordering: .relaxed) < runnerCount {}
    }

    func finish(rate: Double) {
        rates.withLock { $0.append(rate) }
    }

    /// The sum of the rates.
    var rate: Double { rates.withLock { $0.reduce(0, +) } }
}
