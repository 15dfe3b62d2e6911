internal import ServiceLifecycle

/// A part that is started already: as a service it waits for the shutdown and then ends the part.
struct StartedPart: Service {
    let stop: @Sendable () async -> Void

    init(stop: @escaping @Sendable () async -> Void) {
        self.stop = stop
    }

    func run() async throws {
        try? await gracefulShutdown()
        await stop()
    }
}

/// Fails when the launcher is gone while the daemon runs: every function is gone with it.
struct LauncherGuard: Service {
    /// Ends when the launcher is lost.
    let isLost: AsyncStream<Void>

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in isLost {}
        }
        if !Task.isShuttingDownGracefully, !Task.isCancelled {
            throw DaemonError("trellis-launcher is gone, and every function with it; start the daemon again")
        }
    }
}
