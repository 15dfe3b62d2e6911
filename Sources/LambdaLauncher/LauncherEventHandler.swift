import Logging
import NIOCore

/// Passes on the events that `trellis-launcher` sends: each read is one packet, because the socket keeps them
/// apart.
final class LauncherEventHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let logger: Logger
    private let onEvent: (LauncherEvent) -> Void

    init(logger: Logger, onEvent: @escaping (LauncherEvent) -> Void) {
        self.logger = logger
        self.onEvent = onEvent
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let packet = unwrapInboundIn(data)
        if let event = LauncherEvent(packet) {
            onEvent(event)
        } else {
            logger.error("trellis-launcher sent \(packet.readableBytes) bytes that are no event")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
