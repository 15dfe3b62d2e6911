import Glibc
import NIOConcurrencyHelpers
import NIOPosix

/// What the daemon writes to its terminal, on a thread of its own: a terminal that stops taking lines must
/// not stop the broker.
final class BackgroundOutput: Sendable {
    /// More lines than these do not wait for a terminal; further ones are counted and dropped.
    private static let waitingCountMax = 1_000
    /// How long the end waits for a terminal that takes nothing.
    private static let flushTimeMax = Duration.seconds(1)

    private struct State {
        var waitingCount = 0
        var droppedCount = 0
    }

    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let state = NIOLockedValueBox(State())

    /// Starts the thread.
    init() {
        pool.start()
    }

    /// Writes a line to standard output.
    func line(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Writes a line to standard error.
    func error(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    /// Waits until what was written is out, or for a second.
    func flush() async {
        let flushed = AsyncStream<Never>.makeStream()
        pool.submit { _ in flushed.continuation.finish() }
        let impatience = Task {
            try await Task.sleep(for: Self.flushTimeMax)
            flushed.continuation.finish()
        }
        for await _ in flushed.stream {}
        impatience.cancel()
    }

    private func write(_ text: String, to descriptor: Int32) {
        let droppedCount: Int? = state.withLockedValue { state in
            guard state.waitingCount < Self.waitingCountMax else {
                state.droppedCount += 1
                return nil
            }
            state.waitingCount += 1
            defer { state.droppedCount = 0 }
            return state.droppedCount
        }
        guard let droppedCount else { return }
        pool.submit { [state] _ in
            let dropped = droppedCount == 0 ? "" : "… \(droppedCount) lines were not shown\n"
            Output.write(Array("\(dropped)\(text)\n".utf8), to: descriptor)
            state.withLockedValue { $0.waitingCount -= 1 }
        }
    }
}
