internal import NIOCore

/// Stands before the parser and, once it is shut, drops what comes: a refused client can't grow the parser's
/// buffer.
final class InputGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var isShut = false

    func shut() {
        isShut = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isShut {
            context.fireChannelRead(data)
        }
    }
}
