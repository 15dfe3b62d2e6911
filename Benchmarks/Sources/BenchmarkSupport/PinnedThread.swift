internal import Glibc

/// A thread that stays on one core.
package struct PinnedThread: Sendable {
    private final class Body: Sendable {
        let core: Int
        let run: @Sendable () throws -> Void

        init(core: Int, run: @escaping @Sendable () throws -> Void) {
            self.core = core
            self.run = run
        }
    }

    private let thread: pthread_t

    /// Starts the thread, on a core counted from the last; the process ends if `body` throws.
    package init(core: Int, _ body: @escaping @Sendable () throws -> Void) throws {
        let body = Unmanaged.passRetained(Body(core: core, run: body))
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, Self.start, body.toOpaque())
        guard status == 0 else {
            body.release()
            throw BenchmarkError("can't start a thread: error \(status)")
        }
        self.thread = thread
    }

    private static let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        guard let context = $0 else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        do {
            try pinToCore(fromLast: body.core)
            try body.run()
        } catch {
            fail(error)
        }
        return nil
    }

    /// Waits for the end of the thread.
    package func join() {
        pthread_join(thread, nil)
    }
}
