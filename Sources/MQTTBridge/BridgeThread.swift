import Glibc
import NIOCore

/// A POSIX thread of its own: libmosquitto's calls block (the name look-up for seconds), which no event loop
/// may.
enum BridgeThread {
    /// Runs `body` on a new, detached thread that takes no signals.
    ///
    /// - Throws: `IOError` when the system gives no more threads.
    static func start(_ body: @escaping @Sendable () -> Void) throws {
        let context = Unmanaged.passRetained(Body(run: body))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, runBody, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw IOError(errnoCode: code, reason: "pthread_create")
        }
        pthread_detach(thread)
    }
}

private final class Body {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    // Signals are the daemon's affair, and a write to a closed TLS socket must not end the process with
    // SIGPIPE.
    var everySignal = sigset_t()
    sigfillset(&everySignal)
    pthread_sigmask(SIG_BLOCK, &everySignal, nil)
    Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
