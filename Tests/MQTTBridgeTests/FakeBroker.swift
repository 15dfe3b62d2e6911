import NIOCore
import NIOPosix

/// A peer that misbehaves on purpose: it answers each MQTT packet as its script says.
final class FakeBroker: Sendable {
    struct Packet: Sendable, Equatable {
        /// The packet type with its flags.
        let head: UInt8
        /// What follows the remaining length.
        let body: [UInt8]

        var type: UInt8 { self.head >> 4 }
        /// The packet identifier of a SUBSCRIBE, or of a PUBLISH at QoS 1.
        var packetID: [UInt8] {
            guard self.type == 3 else { return Array(self.body.prefix(2)) }
            let topicLength = Int(self.body[0]) << 8 | Int(self.body[1])
            return Array(self.body[(2 + topicLength)..<(4 + topicLength)])
        }
    }

    /// A CONNACK without a session.
    static let connack: [UInt8] = [0x20, 2, 0, 0]

    let accepted = Reports<Void>()
    let packets = Reports<Packet>()
    let port: Int
    private let channel: any Channel

    private init(
        greeting: [UInt8]?,
        script: @escaping @Sendable (Packet) -> [UInt8]?
    ) async throws {
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [accepted, packets] channel in
                accepted.add(())
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(greeting: greeting, packets: packets, script: script)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.port = self.channel.localAddress?.port ?? 0
    }

    /// Runs `body` with a broker that sends `greeting` to whoever connects and answers each packet with what
    /// `script` returns for it; nil closes the connection.
    static func run(
        greeting: [UInt8]? = [],
        script: @escaping @Sendable (Packet) -> [UInt8]? = { $0.type == 1 ? connack : [] },
        _ body: (FakeBroker) async throws -> Void
    ) async throws {
        let broker = try await FakeBroker(greeting: greeting, script: script)
        do {
            try await body(broker)
        } catch {
            try await broker.channel.close()
            throw error
        }
        try await broker.channel.close()
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: [UInt8]?
    private let packets: Reports<FakeBroker.Packet>
    private let script: @Sendable (FakeBroker.Packet) -> [UInt8]?
    private var received = ByteBuffer()

    init(
        greeting: [UInt8]?,
        packets: Reports<FakeBroker.Packet>,
        script: @escaping @Sendable (FakeBroker.Packet) -> [UInt8]?
    ) {
        self.greeting = greeting
        self.packets = packets
        self.script = script
    }

    func channelActive(context: ChannelHandlerContext) {
        self.send(self.greeting, context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
        while let packet = self.nextPacket() {
            self.packets.add(packet)
            self.send(self.script(packet), context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func send(_ bytes: [UInt8]?, context: ChannelHandlerContext) {
        guard let bytes else { return context.close(promise: nil) }
        if !bytes.isEmpty {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }
    }

    private func nextPacket() -> FakeBroker.Packet? {
        var buffer = self.received
        guard let head: UInt8 = buffer.readInteger() else { return nil }
        var length = 0
        var shift = 0
        while true {
            guard let byte: UInt8 = buffer.readInteger() else { return nil }
            length |= Int(byte & 0x7F) << shift
            shift += 7
            if byte & 0x80 == 0 { break }
        }
        guard let body = buffer.readBytes(length: length) else { return nil }
        self.received = buffer
        return FakeBroker.Packet(head: head, body: body)
    }
}
