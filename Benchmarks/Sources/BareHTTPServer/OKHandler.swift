internal import NIOCore
internal import NIOHTTP1

/// Says 200 at the end of each request.
final class OKHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var version = HTTPVersion.http1_1
    private var keepsAlive = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            version = head.version
            keepsAlive = head.isKeepAlive
        case .body:
            break
        case .end:
            answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        var headers = HTTPHeaders([("Content-Length", "0")])
        if keepsAlive, version == .http1_0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        let head = HTTPResponseHead(version: version, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let end = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !keepsAlive {
            end.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }
}
