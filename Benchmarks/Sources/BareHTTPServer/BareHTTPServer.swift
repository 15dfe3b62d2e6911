internal import BenchmarkSupport
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Answers every HTTP request with 200 and no body, and does nothing else: the least that a server on SwiftNIO
/// can do.
///
/// Prints its port on the loopback interface, and serves until it is killed.
@main
enum BareHTTPServer {
    static func main() async {
        do {
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 4_096)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                            withPipeliningAssistance: false
                        )
                        try channel.pipeline.syncOperations.addHandler(OKHandler())
                    }
                }
                .bind(host: "127.0.0.1", port: 0)
                .get()
            print(listener.localAddress?.port ?? 0)
            fflush(nil)
            try await listener.closeFuture.get()
        } catch {
            fail(error)
        }
    }
}
