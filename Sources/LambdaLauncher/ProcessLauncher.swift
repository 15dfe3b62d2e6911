import Glibc
package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// Starts processes through `trellis-launcher`, the helper that is their parent and ends them with the
/// daemon.
///
/// All methods may be called from any thread.
package final class ProcessLauncher: Sendable {
    /// How long the daemon goes on reading the outputs of a process that is gone.
    ///
    /// They are at their end already unless the process has handed one to a stranger; the 64 KiB that a pipe
    /// holds take far less on any device.
    package static let outputDrainTimeMax = TimeAmount.seconds(5)

    /// A fork server that takes longer is stuck and is killed.
    ///
    /// It needs a few milliseconds for a fork, and some seconds for its own start on the slowest devices.
    package static let forkTimeMax = TimeAmount.seconds(10)

    /// The path of `trellis-launcher` beside the running program.
    package static var defaultExecutable: String {
        guard let program = realpath("/proc/self/exe", nil) else { return "trellis-launcher" }
        defer { free(program) }
        let folder = String(cString: program).split(separator: "/").dropLast()
        return "/" + (folder + ["trellis-launcher"]).joined(separator: "/")
    }

    struct State {
        var connection: LauncherConnection?
        var gone: EventLoopFuture<Void>?
        var isEnding = false
        var lastID: UInt64 = 0
        var processes: [UInt64: SupervisedProcess] = [:]
        var forks = Forks()
        var containers: ContainerHost?
    }

    let executable: String
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger
    let openFileLimit: UInt64?
    let forkTimeMax: TimeAmount
    let watchdog: MemoryWatchdog
    private let outputDrainTimeMax: TimeAmount
    private let onLauncherLost: @Sendable (ProcessEnd) -> Void
    let state = NIOLockedValueBox(State())

    /// Makes a launcher that is to be started.
    ///
    /// - Parameters:
    ///   - executable: The path of `trellis-launcher`.
    ///   - eventLoopGroup: Where outputs are read; every process stays on one loop.
    ///   - openFileLimit: The soft limit of open files that processes get, as ``raiseOpenFileLimit()``
    ///     returned it; nil leaves them the daemon's own.
    ///   - outputDrainTimeMax: How long to read the outputs of a process that is gone.
    ///   - forkTimeMax: How long to wait for a fork before the server is killed and the process started anew.
    ///   - logger: Told of every start and end.
    ///   - onLauncherLost: Called once if the helper ends though nobody called ``shutdown()``, after every
    ///     process was reported as ended. The daemon can start nothing any more and had better end.
    package init(
        executable: String = ProcessLauncher.defaultExecutable,
        eventLoopGroup: any EventLoopGroup,
        openFileLimit: UInt64? = nil,
        outputDrainTimeMax: TimeAmount = ProcessLauncher.outputDrainTimeMax,
        forkTimeMax: TimeAmount = ProcessLauncher.forkTimeMax,
        logger: Logger,
        onLauncherLost: @escaping @Sendable (ProcessEnd) -> Void
    ) {
        self.executable = executable
        self.eventLoopGroup = eventLoopGroup
        self.openFileLimit = openFileLimit
        self.outputDrainTimeMax = outputDrainTimeMax
        self.forkTimeMax = forkTimeMax
        self.logger = logger
        watchdog = MemoryWatchdog(eventLoop: eventLoopGroup.next())
        self.onLauncherLost = onLauncherLost
    }

    /// Starts the helper; to be called once, before the first ``launch(_:onOutput:onEnd:)``.
    ///
    /// - Throws: ``LauncherError`` if the helper can't be started, for instance because it is not installed.
    package func start() throws(LauncherError) {
        let connection = try LauncherConnection(executable: executable)
        let eventLoop = eventLoopGroup.next()
        let gone = eventLoop.makePromise(of: Void.self)
        state.withLockedValue {
            $0.connection = connection
            $0.gone = gone.futureResult
        }
        connection.receive(on: eventLoop, logger: logger) { event in
            self.handle(event)
        } onClosed: {
            connection.reap { self.launcherHasEnded($0, gone: gone) }
        }
    }

    /// Starts a process.
    ///
    /// Both closures are called on one event loop, the process's own; that may be before this method returns.
    /// They must not block: while a line is being taken, the process's further output waits in its pipe.
    /// - Parameters:
    ///   - plan: What to run; in a container only after ``useContainers(_:in:)`` has found that it can be.
    ///   - input: A descriptor that becomes its standard input in place of `/dev/null`; it is closed here.
    ///   - onOutput: Called with each line, without its newline. Lines of more than 64 KiB come in several
    ///     parts. The buffer may share its memory with other lines, so copy what is kept. The order of lines
    ///     of different levels is not that of their writing.
    ///   - onEnd: Called once, after the last line, when the process and everything it had started are gone.
    /// - Returns: The process, which may not have started yet.
    package func launch(
        _ plan: LaunchPlan,
        input: Int32? = nil,
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> SupervisedProcess {
        let (process, id, connection) = register(plan, onEnd: onEnd)
        do throws(LauncherError) {
            guard let connection else { throw LauncherError("trellis-launcher is not running") }
            let startAnew = { @Sendable in
                do throws(LauncherError) {
                    let pipes = try OutputPipes()
                    process.read(pipes.readEnds, onOutput: onOutput)
                    let descriptors = pipes.writeEnds + (input.map { [$0] } ?? [])
                    let request = { @Sendable () throws(LauncherError) in
                        try self.request(id: id, plan: plan).encoded()
                    }
                    connection.send(request, passing: descriptors) { error in
                        self.remove(id)?.hasEnded(.failedToStart(reason: error.description))
                    }
                } catch {
                    _ = input.map { close($0) }
                    self.remove(id)?.hasEnded(.failedToStart(reason: error.description))
                }
            }
            guard plan.forkServer != nil else {
                startAnew()
                return process
            }
            let start = LauncherRequest.start(id: id, plan: plan, openFileLimit: openFileLimit)
            if !fork(
                process,
                id: id,
                request: try start.encoded(),
                through: connection,
                onOutput: onOutput,
                startAnew: startAnew
            ) {
                startAnew()
            }
        } catch {
            _ = input.map { close($0) }
            remove(id)?.hasEnded(.failedToStart(reason: error.description))
        }
        return process
    }

    /// Starts a fork server with `control`, which is this method's from now on, as its third descriptor.
    func launchForkServer(
        _ plan: LaunchPlan,
        control: Int32,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> SupervisedProcess {
        let (process, id, connection) = register(plan, onEnd: onEnd)
        do throws(LauncherError) {
            guard let connection else { throw LauncherError("trellis-launcher is not running") }
            let request = try LauncherRequest.start(
                id: id,
                plan: plan,
                openFileLimit: openFileLimit,
                isForkServer: true
            ).encoded()
            let pipes = try OutputPipes(count: Int(ForkServer.controlDescriptor) - 1)
            process.read(pipes.readEnds) { _, line in
                self.logger.warning("fork server: \(String(buffer: line))")
            }
            send(request, of: id, passing: pipes.writeEnds + [control], to: connection)
        } catch {
            close(control)
            remove(id)?.hasEnded(.failedToStart(reason: error.description))
        }
        return process
    }

    private func send(
        _ request: ByteBuffer,
        of id: UInt64,
        passing descriptors: [Int32],
        to connection: LauncherConnection
    ) {
        connection.send(request, passing: descriptors) { error in
            self.remove(id)?.hasEnded(.failedToStart(reason: error.description))
        }
    }

    /// Kills every process and everything they have started, and returns when all of it and the helper are
    /// gone and every end was reported.
    package func shutdown() async {
        let gone = state.withLockedValue { state in
            state.isEnding = true
            state.connection?.end()
            return state.gone
        }
        try? await gone?.get()
        if let containers = state.withLockedValue({ $0.containers.take() }) {
            try? await NIOThreadPool.singleton.runIfActive { containers.removeAll() }
        }
    }

    /// Where containers can be made, if they can.
    var containers: ContainerHost? { state.withLockedValue { $0.containers } }

    func useContainers(_ host: ContainerHost?) {
        state.withLockedValue { $0.containers = host }
    }

    /// Runs `body`, which may wait for files, on the thread that sends requests.
    func perform(_ body: @escaping @Sendable () -> Void) {
        state.withLockedValue { $0.connection }?.perform(body) ?? body()
    }

    private func register(
        _ plan: LaunchPlan,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> (SupervisedProcess, UInt64, LauncherConnection?) {
        let registered = state.withLockedValue { state in
            state.lastID += 1
            let connection = state.isEnding ? nil : state.connection
            let process = SupervisedProcess(
                id: state.lastID,
                plan: plan,
                connection: connection,
                outputDrainTimeMax: outputDrainTimeMax,
                eventLoop: eventLoopGroup.next()
            )
            state.processes[state.lastID] = process
            return (process, state.lastID, connection)
        }
        registered.0.end.whenSuccess { end in
            self.logger.debug("process ended", metadata: ["name": "\(plan.name)", "end": "\(end)"])
            onEnd(end)
        }
        return registered
    }

    func remove(_ id: UInt64) -> SupervisedProcess? {
        state.withLockedValue { $0.processes.removeValue(forKey: id) }
    }

    private func handle(_ event: LauncherEvent) {
        if case .failed(.guard, _) = event.kind, forkIsLost(event.id) { return }
        forkHasReported(event.id)
        switch event.kind {
        case .started(let pid):
            let process = state.withLockedValue { $0.processes[event.id] }
            logger.debug(
                "process started",
                metadata: ["name": "\(process?.plan.name ?? "")", "pid": "\(pid)"]
            )
            process?.hasStarted(pid: pid)
            if let process { watchMemory(of: process, id: event.id, pid: pid) }
        case .failed(let stage, let errno):
            guard let process = remove(event.id) else {
                logger.error("trellis-launcher refused a request", metadata: ["errno": "\(errno)"])
                return
            }
            hasEnded(process, id: event.id) { words in
                let reason = stage == .container ? words : nil
                return .failedToStart(reason: reason ?? stage.reason(errno: errno, plan: process.plan))
            }
        case .ended(let end):
            guard let process = remove(event.id) else { return }
            let isOverLimit = watchdog.forget(event.id)
            hasEnded(process, id: event.id) { _ in isOverLimit ? .outOfMemory : end }
        }
    }

    private func launcherHasEnded(_ end: ProcessEnd, gone: EventLoopPromise<Void>) {
        let (processes, wasEnding) = state.withLockedValue { state in
            state.connection = nil
            defer { state.processes = [:] }
            state.forks.pending.values.forEach { $0.timeout.cancel() }
            state.forks.pending = [:]
            return (Array(state.processes.values), state.isEnding)
        }
        for process in processes {
            process.hasEnded(.signalled(number: SIGKILL))
        }
        EventLoopFuture.andAllComplete(processes.map(\.end), on: gone.futureResult.eventLoop).whenComplete {
            _ in
            if !wasEnding {
                self.logger.error(
                    "trellis-launcher has ended, and every process with it",
                    metadata: ["end": "\(end)"]
                )
                self.onLauncherLost(end)
            }
            gone.succeed()
        }
    }
}
