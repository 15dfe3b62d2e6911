import Glibc
package import NIOCore
import NIOPosix

/// So much of one output is read before whatever else waits on the event loop has its turn: at most that many
/// lines, each of which may cost a write to a log.
let outputBytesPerTurn = 16 * 1024

/// A process that ``ProcessLauncher`` has started or is about to start.
package final class SupervisedProcess: Sendable {
    /// What it runs.
    package let plan: LaunchPlan
    /// Its process id, once it runs its executable.
    ///
    /// Fails with ``LauncherError`` if it never does.
    package let pid: EventLoopFuture<Int32>
    /// How it ended, once it and everything it had started are gone and its last line was passed on.
    ///
    /// Never fails.
    package let end: EventLoopFuture<ProcessEnd>

    private struct State {
        var outputs: [any Channel] = []
        var end: ProcessEnd?
        var drainLimit: Scheduled<Void>?
    }

    private let id: UInt64
    private let connection: LauncherConnection?
    private let outputDrainTimeMax: TimeAmount
    private let eventLoop: any EventLoop
    private let started: EventLoopPromise<Int32>
    private let ended: EventLoopPromise<ProcessEnd>
    private let state: NIOLoopBoundBox<State>

    init(
        id: UInt64,
        plan: LaunchPlan,
        connection: LauncherConnection?,
        outputDrainTimeMax: TimeAmount,
        eventLoop: any EventLoop
    ) {
        self.id = id
        self.plan = plan
        self.connection = connection
        self.outputDrainTimeMax = outputDrainTimeMax
        self.eventLoop = eventLoop
        started = eventLoop.makePromise()
        ended = eventLoop.makePromise()
        pid = started.futureResult
        end = ended.futureResult
        state = .makeBoxSendingValue(State(), eventLoop: eventLoop)
    }

    /// Sends a signal to the process and its process group; nothing happens if it has ended.
    package func signal(_ number: Int32) {
        // Encoding a signal can't fail, and when it can't be sent the process has ended with the launcher.
        connection?.send { [id] () throws(LauncherError) in
            try LauncherRequest.signal(id: id, number: number).encoded()
        } onFailure: { _ in
        }
    }

    /// Kills the process and everything it has started.
    package func kill() {
        signal(SIGKILL)
    }

    /// Reads `descriptors`, the outputs 1, 2, … of the process, and closes them at their end.
    func read(
        _ descriptors: [Int32],
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void
    ) {
        eventLoop.execute {
            for (level, descriptor) in zip(LogLevel.byDescriptor, descriptors) {
                self.read(descriptor) { onOutput(level, $0) }
            }
        }
    }

    private func read(_ descriptor: Int32, onLine: @escaping @Sendable (ByteBuffer) -> Void) {
        // When this fails the event loop is shutting down, and NIO has closed the channel and so the
        // descriptor.
        _ = NIOPipeBootstrap(group: eventLoop)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: outputBytesPerTurn)
            )
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                self.state.value.outputs.append(channel)
                channel.closeFuture.whenComplete { _ in
                    self.state.value.outputs.removeAll { $0 === channel }
                    self.finishIfDrained()
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineHandler(onLine: onLine))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
    }

    /// The process runs its executable.
    func hasStarted(pid: Int32) {
        started.succeed(pid)
    }

    /// The process is gone, or never came; only the first call counts.
    func hasEnded(_ end: ProcessEnd) {
        eventLoop.execute {
            guard self.state.value.end == nil else { return }
            self.state.value.end = end
            // Its outputs end with it, unless it has handed one to a process that it did not start.
            self.state.value.drainLimit = self.eventLoop.scheduleTask(in: self.outputDrainTimeMax) {
                for output in self.state.value.outputs {
                    output.close(promise: nil)
                }
            }
            self.finishIfDrained()
        }
    }

    private func finishIfDrained() {
        guard let end = state.value.end, state.value.outputs.isEmpty else { return }
        state.value.drainLimit?.cancel()
        let reason = if case .failedToStart(let reason) = end { reason } else { end.description }
        started.fail(LauncherError(reason))  // has no effect if it had started
        ended.succeed(end)
    }
}
