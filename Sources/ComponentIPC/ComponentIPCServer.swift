internal import Logging
internal import NIOConcurrencyHelpers
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// Serves the Greengrass IPC to components, on a Unix socket.
package final class ComponentIPCServer: Sendable {
    /// How many connections wait to be accepted at most; the kernel cuts it to its own limit.
    private static let backlogCountMax: Int32 = 4_096

    private struct Storage {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isShutDown = false
    }

    private let services: ComponentServices
    private let limits: ComponentIPCLimits
    private let eventLoop: any EventLoop
    private let lostMessages = LostMessages()
    private let hub: NIOLoopBoundBox<Hub?>
    private let storage = NIOLockedValueBox(Storage())

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - services: What operations speak to.
    ///   - eventLoop: Serves all connections: what one component says to another comes in on one and goes out
    ///     on the other, and to wake another thread takes longer than all else that happens to it here.
    ///   - limits: What clients may take.
    package init(
        services: ComponentServices,
        eventLoop: any EventLoop,
        limits: ComponentIPCLimits = ComponentIPCLimits()
    ) {
        self.services = services
        self.eventLoop = eventLoop
        self.limits = limits
        hub = .makeEmptyBox(eventLoop: eventLoop)
    }

    /// How many clients are connected.
    package var connectionCount: Int { storage.withLockedValue { $0.connections.count } }

    /// How many messages were lost to subscribers that did not read in time.
    package var lostMessageCount: Int { lostMessages.count.load(ordering: .relaxed) }

    /// Starts to listen.
    ///
    /// - Parameter path: Where; nothing is there yet. At most 103 bytes.
    /// - Throws: `IOError` when the socket can't be made.
    package func start(socketPath path: String) async throws {
        try await eventLoop.submit { [self] in
            hub.value = Hub(
                services: services,
                limits: limits,
                eventLoop: eventLoop,
                lostMessages: lostMessages
            )
        }.get()
        let listener = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: Self.backlogCountMax)
            // One read takes up to 64 KiB; a second one would find nothing most of the time.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
            .bind(unixDomainSocketPath: path).get()
        storage.withLockedValue { $0.listener = listener }
    }

    /// Stops to listen and closes every connection.
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

    private func accept(_ channel: any Channel) throws {
        let id = ObjectIdentifier(channel)
        let isTaken = storage.withLockedValue { storage in
            guard !storage.isShutDown, storage.connections.count < limits.connectionCountMax else {
                return false
            }
            storage.connections[id] = channel
            return true
        }
        guard isTaken, let hub = hub.value else {
            hub.value?.logSparingly(
                "a connection to the IPC is refused: \(limits.connectionCountMax) are served at most"
            )
            return channel.close(promise: nil)
        }
        channel.closeFuture.whenComplete { [storage] _ in
            storage.withLockedValue { $0.connections[id] = nil }
        }
        try channel.pipeline.syncOperations.addHandler(ConnectionHandler(hub: hub))
    }
}

/// A count that the server shows and its event loop keeps.
final class LostMessages: Sendable {
    let count = Atomic<Int>(0)
}
