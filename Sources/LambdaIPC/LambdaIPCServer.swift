internal import Broker
package import LambdaManager
package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// How many connections wait to be accepted; the Python SDK makes one for every request.
///
/// The kernel cuts it to its own limit, 4096 by default.
private let backlogCountMax: Int32 = 4_096

/// Serves the legacy HTTP API to functions, on the loopback interface only.
package final class LambdaIPCServer: Sendable {
    private static let host = "127.0.0.1"

    /// What the connections of one event loop share, since a publisher belongs to a thread.
    private struct Tools {
        let publisher: Publisher
        let contexts = KnownContexts()
    }

    private struct Storage {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var tools: [ObjectIdentifier: NIOLoopBound<Tools>] = [:]
        var isShutDown = false
    }

    private let manager: LambdaManager
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let requestedPort: Int
    private let limits: LambdaIPCLimits
    private let bodies: ByteBudget
    private let storage = NIOLockedValueBox(Storage())

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - manager: Whose functions call.
    ///   - eventLoopGroup: One of its event loops serves all connections: what a function says to another one
    ///     goes over two, and to wake another thread takes longer than all else that happens to it here.
    ///   - logger: Told when the server listens.
    ///   - port: The port to listen on; 0 for any free one.
    ///   - limits: What clients may take.
    package init(
        manager: LambdaManager,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        port: Int,
        limits: LambdaIPCLimits = LambdaIPCLimits()
    ) {
        self.manager = manager
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.requestedPort = port
        self.limits = limits
        self.bodies = ByteBudget(bytesMax: limits.allBodiesBytesMax)
    }

    /// The port that it listens on; the requested one until `start` has returned.
    package var port: Int {
        storage.withLockedValue { $0.listener?.localAddress?.port } ?? requestedPort
    }

    /// Starts to listen.
    ///
    /// - Throws: `LambdaIPCServerError` when the port can't be had.
    package func start() async throws {
        let bootstrap = ServerBootstrap(group: eventLoopGroup.next())
            .serverChannelOption(.backlog, value: backlogCountMax)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // One read is all that can wait behind a request that is being answered.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
        do {
            let listener = try await bootstrap.bind(host: Self.host, port: requestedPort).get()
            storage.withLockedValue { $0.listener = listener }
        } catch let error as IOError {
            let advice =
                error.errnoCode == EADDRINUSE
                ? "it is taken; choose another one, or 0 for any free one, as legacyIPC.port" : "\(error)"
            throw LambdaIPCServerError(
                description:
                    "can't listen on port \(requestedPort) of \(Self.host) for Lambda functions: \(advice)",
                cause: error
            )
        }
        logger.info("the legacy Lambda API listens on \(Self.host):\(port)")
    }

    /// Stops to listen and closes every connection; work that was not sent goes back to its queue.
    package func shutdown() async {
        let channels = storage.withLockedValue { storage in
            storage.isShutDown = true
            return [storage.listener].compactMap(\.self) + storage.connections.values
        }
        for channel in channels {
            channel.close(promise: nil)
        }
        for channel in channels {
            try? await channel.closeFuture.get()
        }
    }

    /// Makes a new connection's pipeline.
    func accept(_ channel: any Channel) throws {
        let id = ObjectIdentifier(channel)
        let count: Int? = storage.withLockedValue { storage in
            guard !storage.isShutDown, storage.connections.count < 2 * limits.connectionCountMax else {
                return nil
            }
            storage.connections[id] = channel
            return storage.connections.count
        }
        guard let count else { throw tooManyConnections }
        channel.closeFuture.whenComplete { [storage] _ in
            storage.withLockedValue { $0.connections[id] = nil }
        }
        let tools = tools(of: channel.eventLoop)
        let connection = ConnectionHandler(
            responder: Responder(
                manager: manager,
                publisher: tools.publisher,
                contexts: tools.contexts,
                eventLoop: channel.eventLoop
            ),
            limits: limits,
            bodies: bodies,
            refusal: count > limits.connectionCountMax ? tooManyConnections : nil
        )
        try channel.pipeline.syncOperations.addHandlers([connection.reader, connection])
    }

    private func tools(of eventLoop: any EventLoop) -> Tools {
        storage.withLockedValue { storage in
            let id = ObjectIdentifier(eventLoop)
            if let tools = storage.tools[id] {
                return tools.value
            }
            let tools = Tools(publisher: manager.broker.makePublisher())
            storage.tools[id] = NIOLoopBound(tools, eventLoop: eventLoop)
            return tools
        }
    }

    private var tooManyConnections: Refusal {
        Refusal(
            .serviceUnavailable,
            "Too many connections: at most \(limits.connectionCountMax) are served. Try again later."
        )
    }
}
