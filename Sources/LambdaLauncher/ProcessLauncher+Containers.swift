import Logging
import NIOCore

/// Processes in containers.
extension ProcessLauncher {
    /// The trial of a container is killed after this time: a machine that is so slow can't be used anyway.
    private static let trialTimeMax = TimeAmount.seconds(10)
    /// Enough for the trial's program, and little enough to be refused by nobody.
    private static let trialMemoryBytesMax = 64 * 1024 * 1024

    /// Finds out which of `candidates` works, by a container that runs `true`, and uses it from now on.
    ///
    /// To be called once, after ``start()``.
    ///
    /// - Parameters:
    ///   - candidates: What may work, the best first.
    ///   - folder: Where the containers' files go; nobody else's may be in it.
    /// - Returns: The one that works.
    /// - Throws: ``LauncherError`` with the reason of the first one when none works.
    package func useContainers(
        _ candidates: [ContainerSupport],
        in folder: String
    ) async throws(LauncherError) -> ContainerSupport {
        var firstReason: String?
        for candidate in candidates {
            let host = try ContainerHost(candidate, folder: folder)
            useContainers(host)
            let end = await trial()
            if end == .exited(code: 0) {
                if candidate.controlGroups == nil { candidates.first?.controlGroups?.remove() }
                return candidate
            }
            logger.debug("no containers by \(candidate.description): \(end)")
            firstReason = firstReason ?? "\(candidate.runtime.kind.rawValue): \(end)"
        }
        containers?.removeAll()
        candidates.first?.controlGroups?.remove()
        useContainers(nil)
        throw LauncherError(firstReason ?? "neither crun nor runc is installed (apt-get install crun)")
    }

    private func trial() async -> ProcessEnd {
        let eventLoop = eventLoopGroup.next()
        let ended = eventLoop.makePromise(of: ProcessEnd.self)
        let process = launch(
            LaunchPlan(
                name: "container trial",
                executable: "/bin/true",
                environment: ["PATH": "/usr/bin:/bin"],
                workingDirectory: "/",
                container: ContainerPlan(memoryBytesMax: Self.trialMemoryBytesMax)
            ),
            onOutput: { _, _ in },
            onEnd: { ended.succeed($0) }
        )
        let limit = eventLoop.scheduleTask(in: Self.trialTimeMax) { process.kill() }
        defer { limit.cancel() }
        return (try? await ended.futureResult.get()) ?? .failedToStart(reason: "the daemon ends")
    }

    /// The request that starts the process; with a container it makes the container's files, and so may wait
    /// for the disk.
    func request(id: UInt64, plan: LaunchPlan) throws(LauncherError) -> LauncherRequest {
        guard let container = plan.container else {
            return .start(id: id, plan: plan, openFileLimit: openFileLimit)
        }
        guard let host = containers else { throw LauncherError("containers can't be had here") }
        return try host.request(id: id, plan: plan, container, openFileLimit: openFileLimit)
    }

    /// Takes away what is left of the process's container, if it had one, and then says how it ended: `end`
    /// gets what the container's runtime said last.
    func hasEnded(
        _ process: SupervisedProcess,
        id: UInt64,
        _ end: @escaping @Sendable (String?) -> ProcessEnd
    ) {
        guard process.plan.container != nil, let host = containers else { return process.hasEnded(end(nil)) }
        perform {
            process.hasEnded(end(host.remove(id)))
        }
    }

    func watchMemory(of process: SupervisedProcess, id: UInt64, pid: Int32) {
        guard let bytesMax = process.plan.container?.memoryBytesMax,
            case .watchdog = containers?.support.memoryLimit
        else { return }
        watchdog.watch(id, pid: pid, bytesMax: bytesMax) { process.kill() }
    }
}
