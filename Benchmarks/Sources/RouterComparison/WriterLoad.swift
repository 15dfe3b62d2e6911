internal import BenchmarkSupport
internal import Glibc
internal import Synchronization
internal import TopicRouter

/// How much longer a match takes while another thread changes the index all the time.
struct WriterLoad: ~Copyable {
    private let topics: Lines
    private let writer: Writer
    private var engine: TrellisEngine

    init(folder: String) throws {
        let filters = try Lines(file: folder + "/w2.filters")
        let engine = TrellisEngine()
        try engine.load(filters)
        let churn = try TrellisChurn(
            index: engine.index,
            lines: try Lines(file: folder + "/w5.churn"),
            firstID: UInt32(filters.count)
        )
        churn.begin()
        topics = try Lines(file: folder + "/w2.topics")
        writer = Writer(churn)
        self.engine = engine
    }

    /// Measures in turn without a writer, and with one on another core.
    ///
    /// - Returns: The median of the ratios of a match's times, and how many changes a second were made.
    mutating func run(pairCount: Int) throws -> (slowDown: Double, changesPerSecond: Double) {
        let pairs = try Stopwatch.inTurn(pairCount: pairCount) {
            let thread = try writer.start(onCore: 1)
            defer {
                writer.stop()
                thread.join()
            }
            return matchTime()
        } against: {
            matchTime()
        }
        return (pairs.ratio, writer.changesPerSecond)
    }

    /// What is found changes with what the writer does, so that it is not checked.
    private mutating func matchTime() -> Double {
        Stopwatch.steps { _ = engine.match(topics) } / Double(topics.count)
    }
}

/// Makes changes at a steady rate, or as fast as it can if that is slower.
private final class Writer: Sendable {
    private struct State {
        var churn: TrellisChurn
        var changeCount: UInt64 = 0
        var nanoseconds: UInt64 = 0
    }

    /// Two of them, a subscription and a removal, every 200 µs.
    private static let changesPerSecond: UInt64 = 10_000
    private static let nanosecondsPerStep = 2 * 1_000_000_000 / changesPerSecond

    private let state: Mutex<State>
    private let isStopped = Atomic(true)

    init(_ churn: TrellisChurn) {
        state = Mutex(State(churn: churn))
    }

    func start(onCore core: Int) throws -> PinnedThread {
        isStopped.store(false, ordering: .relaxed)
        return try PinnedThread(core: core) { self.state.withLock { self.write(&$0) } }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }

    /// What was reached, over all the time that the writer ran.
    var changesPerSecond: Double {
        state.withLock { Double($0.changeCount) * 1e9 / Double($0.nanoseconds) }
    }

    private func write(_ state: inout State) {
        let start = wallClockNanoseconds()
        var stepCount: UInt64 = 0
        while !isStopped.load(ordering: .relaxed) {
            state.churn.step()
            stepCount += 1
            let elapsed = wallClockNanoseconds() - start
            if elapsed < stepCount * Self.nanosecondsPerStep {
                usleep(UInt32((stepCount * Self.nanosecondsPerStep - elapsed) / 1_000))
            }
        }
        state.changeCount += 2 * stepCount
        state.nanoseconds += wallClockNanoseconds() - start
    }
}
