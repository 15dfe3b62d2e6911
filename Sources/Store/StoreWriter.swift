internal import Broker
internal import GRDB
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Writes changes to the file, on the database's own queue: the first at once, and all that come in the
/// moment after it in the next transaction.
///
/// Any thread may call it; only `flush` and `close` wait for the disk.
final class StoreWriter: Sendable {
    /// Between two transactions, so that a storm of dead letters writes the disk ten times a second at most.
    private static let pause = TimeAmount.milliseconds(100)
    /// After a failure the next try comes this much later, for example when the disk has room again.
    private static let retryDelay = TimeAmount.seconds(5)

    private struct State {
        var pending = PendingChanges()
        /// Letters that are being written.
        var writingCount = 0
        /// Whether the queue is to look for changes, now or after a failure.
        var isScheduled = false
        var isClosed = false
        /// Why the last transaction failed.
        var failure: String?
    }

    private let database: DatabaseQueue
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(database: DatabaseQueue, eventLoop: any EventLoop, logger: Logger) {
        self.database = database
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Why nothing can be written, if so, and how many letters are not yet.
    var progress: (failure: String?, unwrittenCount: Int) {
        state.withLockedValue { ($0.failure, $0.pending.letters.count + $0.writingCount) }
    }

    /// Notes changes, to be written soon.
    func note(_ change: (inout PendingChanges) -> Void) {
        let mustSchedule = state.withLockedValue { state in
            guard !state.isClosed else { return false }
            change(&state.pending)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule {
            schedule()
        }
    }

    private func schedule() {
        database.asyncWriteWithoutTransaction { database in
            guard let delay = self.write(database) else { return }
            self.eventLoop.scheduleTask(in: delay) {
                guard !self.state.withLockedValue({ $0.isClosed }) else { return }
                self.schedule()
            }
        }
    }

    /// Writes what is pending.
    ///
    /// - Returns: When to look again; `nil` when there was nothing.
    @discardableResult
    private func write(_ database: Database) -> TimeAmount? {
        guard let changes = takeChanges() else { return nil }
        do {
            try database.inTransaction {
                try changes.write(database)
                return .commit
            }
            didWrite()
            return Self.pause
        } catch {
            didFail(changes, reason: StateFailure(error: error).reason)
            return Self.retryDelay
        }
    }

    private func takeChanges() -> PendingChanges? {
        state.withLockedValue { state in
            guard !state.pending.isEmpty else {
                state.isScheduled = false
                return nil
            }
            defer { state.pending = PendingChanges() }
            state.writingCount = state.pending.letters.count
            return state.pending
        }
    }

    private func didWrite() {
        let failure = state.withLockedValue { state in
            defer { state.failure = nil }
            state.writingCount = 0
            return state.failure
        }
        if failure != nil {
            logger.notice("state.db can be written again; nothing is in memory only any more")
        }
    }

    private func didFail(_ changes: PendingChanges, reason: String) {
        let isNew = state.withLockedValue { state in
            defer { state.failure = reason }
            state.pending.putBack(changes)
            state.writingCount = 0
            return state.failure != reason
        }
        if isNew {
            let seconds = Self.retryDelay.nanoseconds / 1_000_000_000
            logger.error(
                """
                state.db can't be written: \(reason). Dead letters and what components write to their \
                configuration are in memory only until it can; it is tried again every \(seconds) s
                """
            )
        }
    }

    /// Writes what is pending; returns when that is done or has failed.
    func flush() async {
        await onQueue { _ = self.write($0) }
    }

    /// Writes what is pending, and `work` in place of the work that was kept before, and closes the file.
    ///
    /// - Returns: Why the work could not be kept, and what else could not.
    func close(keeping work: [WaitingWork]) async -> (workProblem: String?, unwritten: PendingChanges) {
        state.withLockedValue { $0.isClosed = true }
        let problem = await onQueue { database -> String? in
            self.write(database)
            defer {
                // What is not needed any more goes back to the disk; nothing is lost when that fails.
                _ = try? Row.fetchAll(database, sql: "PRAGMA incremental_vacuum")
            }
            do {
                try database.inTransaction {
                    try WaitingWork.replaceAll(by: work, database)
                    return .commit
                }
                return nil
            } catch {
                return StateFailure(error: error).reason
            }
        }
        try? database.close()
        return (problem, state.withLockedValue { $0.pending })
    }

    /// Runs `body` after what the queue has to do already; also when the task is cancelled, unlike GRDB's own
    /// asynchronous calls.
    private func onQueue<Result: Sendable>(
        _ body: @escaping @Sendable (Database) -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            database.asyncWriteWithoutTransaction { continuation.resume(returning: body($0)) }
        }
    }
}
