import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The connection to one running `trellis-launcher`.
final class LauncherConnection: Sendable {
    private let launcher: pid_t
    /// Nil once it is closed.
    private let socket: NIOLockedValueBox<Int32?>
    /// One thread, so that requests stay in order and a full socket holds up no event loop.
    private let sender = NIOThreadPool(numberOfThreads: 1)

    /// Starts a launcher.
    init(executable: String) throws(LauncherError) {
        let spawn = try LauncherSpawn(executable: executable)
        launcher = spawn.pid
        socket = NIOLockedValueBox(spawn.socket)
        sender.start()
    }

    /// Passes on what the launcher tells, on `eventLoop`, then calls `onClosed` once, when the launcher is
    /// gone.
    func receive(
        on eventLoop: any EventLoop,
        logger: Logger,
        onEvent: @escaping @Sendable (LauncherEvent) -> Void,
        onClosed: @escaping @Sendable () -> Void
    ) {
        // Its own descriptor, since the channel closes the one it reads.
        let descriptor = socket.withLockedValue { $0.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } } ?? -1
        guard descriptor >= 0 else { return onClosed() }
        NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.closeFuture.whenComplete { _ in onClosed() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        LauncherEventHandler(logger: logger, onEvent: onEvent)
                    )
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .whenFailure { logger.error("reading from trellis-launcher: \($0)") }
    }

    /// Sends a request and closes `descriptors`, which are this method's from now on.
    ///
    /// On the thread that sends, `request` makes it, and `onFailure` is called if it could not be made or
    /// sent.
    func send(
        _ request: @escaping @Sendable () throws(LauncherError) -> ByteBuffer,
        passing descriptors: [Int32] = [],
        onFailure: @escaping @Sendable (LauncherError) -> Void
    ) {
        sender.submit { _ in
            defer {
                for descriptor in descriptors {
                    close(descriptor)
                }
            }
            guard let socket = self.socket.withLockedValue({ $0 }) else {
                return onFailure(LauncherError("trellis-launcher is not running"))
            }
            do throws(LauncherError) {
                try sendPacket(request(), descriptors: descriptors, to: socket)
            } catch {
                onFailure(error)
            }
        }
    }

    /// Sends a request that is made already.
    func send(
        _ request: ByteBuffer,
        passing descriptors: [Int32] = [],
        onFailure: @escaping @Sendable (LauncherError) -> Void
    ) {
        send({ () throws(LauncherError) in request }, passing: descriptors, onFailure: onFailure)
    }

    /// Runs `body`, which may wait for files, on the thread that sends, or here if that is gone.
    func perform(_ body: @escaping @Sendable () -> Void) {
        sender.submit { _ in body() }
    }

    /// Tells the launcher to end everything and then itself.
    func end() {
        socket.withLockedValue { socket in
            if let socket {
                _ = shutdown(socket, Int32(SHUT_WR))
            }
        }
    }

    /// Closes the socket to a launcher that is gone, and tells how it ended.
    func reap(then body: @escaping @Sendable (ProcessEnd) -> Void) {
        end()  // a request that is being sent fails, and the sender comes free
        sender.submit { _ in
            // Only here, on the thread that sends, is the descriptor certainly not in use.
            if let socket = self.socket.withLockedValue({ $0.take() }) {
                close(socket)
            }
            var status: Int32 = 0
            waitpid(self.launcher, &status, 0)
            self.sender.shutdownGracefully { _ in }
            body(ProcessEnd(waitStatus: status))
        }
    }
}
