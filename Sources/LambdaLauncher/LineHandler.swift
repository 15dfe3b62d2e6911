import NIOCore

/// Passes on the lines of one output of a process.
///
/// Lines are passed on while they are read, so a process that writes faster than its lines are taken waits in
/// its write, and nothing is queued here.
final class LineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var splitter = LineSplitter()
    private let onLine: (ByteBuffer) -> Void

    init(onLine: @escaping (ByteBuffer) -> Void) {
        self.onLine = onLine
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        splitter.append(unwrapInboundIn(data), emit: onLine)
    }

    func channelInactive(context: ChannelHandlerContext) {
        splitter.finish(emit: onLine)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
