import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// How long none is started in place of one that ended before it forked anything.
private let forkServerPause = TimeAmount.minutes(1)

extension ProcessLauncher {
    /// A process that a fork server was asked for and that has not reported yet.
    struct PendingFork {
        let server: ForkServer
        let timeout: Scheduled<Void>
        /// Starts the same process without the server.
        let startAnew: @Sendable () -> Void
    }

    /// Fork servers and what is asked of them.
    struct Forks {
        var servers: [ForkServer.Key: ForkServer] = [:]
        var pausedUntil: [ForkServer.Key: NIODeadline] = [:]
        var pending: [UInt64: PendingFork] = [:]
    }

    /// Asks the plan's fork server for the process; false if the plan names none, or it can't be had.
    ///
    /// `startAnew` is called if the server ends before it has made the process, but not after a false.
    func fork(
        _ process: SupervisedProcess,
        id: UInt64,
        request: ByteBuffer,
        through connection: LauncherConnection,
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void,
        startAnew: @escaping @Sendable () -> Void
    ) -> Bool {
        guard let plan = process.plan.forkServer,
            let server = server(for: .init(process.plan, forkServer: plan)),
            let adoption = try? LauncherRequest.adopt(id: id).encoded(),
            let pipes = try? OutputPipes()
        else { return false }
        let socket = server.fork(request, outputs: pipes.writeEnds)
        for descriptor in pipes.writeEnds + (socket == nil ? pipes.readEnds : []) {
            close(descriptor)
        }
        guard let socket else { return false }
        process.read(pipes.readEnds, onOutput: onOutput)
        let timeout = eventLoopGroup.next().scheduleTask(in: forkTimeMax) {
            self.logger.warning("a fork server is stuck and is killed")
            server.kill()
        }
        state.withLockedValue {
            $0.forks.pending[id] = PendingFork(server: server, timeout: timeout, startAnew: startAnew)
        }
        connection.send(adoption, passing: [socket]) { error in
            self.forkHasReported(id)
            self.remove(id)?.hasEnded(.failedToStart(reason: error.description))
        }
        return true
    }

    /// The process has started, or failed in its own way: the server has done its work.
    func forkHasReported(_ id: UInt64) {
        if let fork = takePendingFork(id) {
            fork.server.noteFork()
        }
    }

    /// The server has ended, and will not make the process any more.
    ///
    /// - Returns: False if it was not asked to.
    func forkIsLost(_ id: UInt64) -> Bool {
        guard let fork = takePendingFork(id) else { return false }
        fork.startAnew()
        return true
    }

    private func takePendingFork(_ id: UInt64) -> PendingFork? {
        let fork = state.withLockedValue { $0.forks.pending.removeValue(forKey: id) }
        fork?.timeout.cancel()
        return fork
    }

    /// The running server, or a new one; nil if there is none for a while.
    private func server(for key: ForkServer.Key) -> ForkServer? {
        enum Found {
            case running(ForkServer)
            case none
            case new(ForkServer, LaunchPlan, control: Int32)
        }
        let found = state.withLockedValue { state -> Found in
            if let server = state.forks.servers[key] { return .running(server) }
            let isPaused = state.forks.pausedUntil[key].map { .now() < $0 } ?? false
            guard !state.isEnding, !isPaused, let ends = SocketPair() else { return .none }
            let server = ForkServer(socket: ends.near.take())
            state.forks.servers[key] = server
            return .new(server, key.serverPlan(launcher: executable), control: ends.far.take())
        }
        switch found {
        case .running(let server): return server
        case .none: return nil
        case .new(let server, let plan, let control):
            // What is asked of it until it listens waits in its socket.
            server.isRun(by: launchForkServer(plan, control: control) { self.end(of: server, key, was: $0) })
            return server
        }
    }

    private func end(of server: ForkServer, _ key: ForkServer.Key, was end: ProcessEnd) {
        server.close()
        let isEnding = state.withLockedValue { state in
            state.forks.servers[key] = nil
            state.forks.pausedUntil[key] = server.hasForked ? nil : .now() + forkServerPause
            return state.isEnding
        }
        if !isEnding {
            let consequence = server.hasForked ? "the next start makes another" : "starts go without it"
            logger.warning(
                "a fork server has ended; \(consequence)",
                metadata: ["executable": "\(key.executable)", "end": "\(end)"]
            )
        }
    }
}

extension ForkServer.Key {
    init(_ plan: LaunchPlan, forkServer: ForkServerPlan) {
        self.init(executable: plan.executable, plan: forkServer, user: plan.user)
    }

    /// How to start the server.
    func serverPlan(launcher: String) -> LaunchPlan {
        var arguments = plan.arguments
        arguments.append((arguments.popLast() ?? "") + launcher)
        return LaunchPlan(
            name: "fork server",
            executable: executable,
            arguments: arguments,
            environment: plan.environment,
            workingDirectory: "/"
        )
    }
}
