internal import CIPCFrames
internal import NIOCore

/// Knows messages by their length only: the first of a connection is its CONNECT, the second may subscribe, and
/// all others are publishes.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let accepted = ByteBuffer(frame: ipc_write_connect_ack)
    private static let subscribed = ByteBuffer { ipc_write_response($0, 1, "SubscribeToTopic", false) }
    private static let published = ByteBuffer { ipc_write_response($0, 1, "PublishToTopic", true) }
    private static let event = ByteBuffer {
        ipc_write_event($0, 1, String(repeating: "0", count: Int(IPC_MESSAGE_TEXT_BYTES)))
    }

    private let subscribers: Subscribers
    private var input = ByteBuffer()
    private var receivedCount = 0

    init(_ subscribers: Subscribers) {
        self.subscribers = subscribers
    }

    func channelInactive(context: ChannelHandlerContext) {
        subscribers.remove(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes > 0 {
            input.writeBuffer(&bytes)
        } else {
            input = bytes
        }
        while let length = input.getInteger(at: input.readerIndex, as: UInt32.self),
            let frame = input.readSlice(length: Int(length))
        {
            receive(frame, context)
            receivedCount += 1
        }
        input.discardReadBytes()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        subscribers.flush()
    }

    private func receive(_ frame: ByteBuffer, _ context: ChannelHandlerContext) {
        if receivedCount == 0 {
            context.write(wrapOutboundOut(Self.accepted), promise: nil)
        } else if receivedCount == 1, String(buffer: frame).contains("SubscribeToTopic") {
            subscribers.add(context)
            context.write(wrapOutboundOut(Self.subscribed), promise: nil)
        } else {
            context.write(wrapOutboundOut(Self.published), promise: nil)
            subscribers.write(wrapOutboundOut(Self.event))
        }
    }
}

extension ByteBuffer {
    /// A message as the function writes it.
    fileprivate init(frame write: (UnsafeMutablePointer<UInt8>) -> Int) {
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(IPC_FRAME_BYTES_MAX)) { buffer, count in
            count = buffer.baseAddress.map(write) ?? 0
        }
        self.init(bytes: bytes)
    }
}
