internal import NIOCore
internal import NIOHTTP1

/// Stands first: reads plain requests itself, and leaves a connection on which anything else comes to the
/// parser from then on.
///
/// Once it is shut it drops what comes: a refused client can't grow the parser's buffer.
final class InputReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limits: LambdaIPCLimits
    private var isShut = false
    private var hasParser = false
    /// Gets the plain requests.
    private let onRequest: (PlainRequest) -> Void

    init(limits: LambdaIPCLimits, onRequest: @escaping (PlainRequest) -> Void) {
        self.limits = limits
        self.onRequest = onRequest
    }

    func shut() {
        isShut = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while !hasParser, !isShut, let request = PlainRequest(from: &buffer, limits: limits) {
            onRequest(request)
        }
        guard !isShut, buffer.readableBytes > 0 else { return }
        if !hasParser {
            hasParser = true
            do {
                try context.pipeline.syncOperations.addHandler(parser, position: .after(self))
            } catch {
                return context.fireErrorCaught(error)
            }
        }
        context.fireChannelRead(wrapInboundOut(buffer))
    }

    private var parser: ByteToMessageHandler<HTTPRequestDecoder> {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.headBytesMax
        configuration.maxHeaderListSize = limits.headBytesMax
        configuration.maxHeaderFieldCount = limits.headFieldCountMax
        return ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: configuration))
    }
}
