import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A way to a broker that a test cuts or lets fall silent; as a SOCKS 5 proxy, it goes where it is told.
final class Relay: Sendable {
    let port: Int
    /// The hosts that its clients asked for.
    let wishes = Reports<String>()
    private let channel: any Channel
    private let isSilent = NIOLockedValueBox(false)

    /// - Parameter target: The broker's port; nil makes it a proxy.
    private init(to target: Int?) async throws {
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [isSilent, wishes] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RelayHandler(target: target, isSilent: isSilent, wishes: wishes)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.port = self.channel.localAddress?.port ?? 0
    }

    /// Runs `body` with a relay, and ends it whatever `body` does.
    static func run(to target: Int? = nil, _ body: (Relay) async throws -> Void) async throws {
        let relay = try await Relay(to: target)
        do {
            try await body(relay)
        } catch {
            try await relay.channel.close()
            throw error
        }
        try await relay.channel.close()
    }

    /// From now on nothing goes through, and no connection is closed: a half-open link.
    func fallSilent() {
        self.isSilent.withLockedValue { $0 = true }
    }

    /// What comes from now on goes through.
    func speak() {
        self.isSilent.withLockedValue { $0 = false }
    }
}

/// The side of a relay that its client is connected to.
private final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let target: Int?
    private let isSilent: NIOLockedValueBox<Bool>
    private let wishes: Reports<String>
    private var received = ByteBuffer()
    private var isGreeted = false
    private var isConnecting = false
    private var broker: (any Channel)?

    init(target: Int?, isSilent: NIOLockedValueBox<Bool>, wishes: Reports<String>) {
        self.target = target
        self.isSilent = isSilent
        self.wishes = wishes
    }

    func channelActive(context: ChannelHandlerContext) {
        if let target = self.target { self.connect("127.0.0.1", target, context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isSilent.withLockedValue({ $0 }) else { return }
        self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
        if let broker = self.broker {
            broker.writeAndFlush(self.received, promise: nil)
            self.received = ByteBuffer()
        } else if self.target == nil, !self.isConnecting {
            self.negotiate(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.broker?.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// RFC 1928: a greeting, and a request for a host by its name.
    private func negotiate(_ context: ChannelHandlerContext) {
        if !self.isGreeted {
            guard let greeting = self.received.readBytes(length: self.received.readableBytes),
                greeting.first == 5
            else { return context.close(promise: nil) }
            self.isGreeted = true
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: [5, 0])), promise: nil)
            return
        }
        guard self.received.readBytes(length: 4) == [5, 1, 0, 3],
            let host = self.received.readLengthPrefixedSlice(as: UInt8.self).map({ String(buffer: $0) }),
            let port: UInt16 = self.received.readInteger()
        else { return context.close(promise: nil) }
        self.wishes.add("\(host):\(port)")
        self.connect(host, Int(port), context)
    }

    private func connect(_ host: String, _ port: Int, _ context: ChannelHandlerContext) {
        self.isConnecting = true
        let client = context.channel
        let isProxy = self.target == nil
        let isSilent = self.isSilent
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ReturnHandler(client: client, isSilent: isSilent)
                    )
                }
            }
            .connect(host: host, port: port)
            .assumeIsolated()
            .whenComplete { result in
                guard case .success(let broker) = result else { return client.close(promise: nil) }
                self.broker = broker
                if isProxy {
                    let answer: [UInt8] = [5, 0, 0, 1, 127, 0, 0, 1, 0, 0]
                    client.writeAndFlush(ByteBuffer(bytes: answer), promise: nil)
                }
                broker.writeAndFlush(self.received, promise: nil)
                self.received = ByteBuffer()
            }
    }
}

/// The side of a relay that is connected to the broker.
private final class ReturnHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let client: any Channel
    private let isSilent: NIOLockedValueBox<Bool>

    init(client: any Channel, isSilent: NIOLockedValueBox<Bool>) {
        self.client = client
        self.isSilent = isSilent
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isSilent.withLockedValue({ $0 }) else { return }
        self.client.writeAndFlush(self.unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !self.isSilent.withLockedValue({ $0 }) { self.client.close(promise: nil) }
    }
}
