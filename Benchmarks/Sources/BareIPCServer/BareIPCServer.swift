internal import BenchmarkSupport
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Answers every publish over the Greengrass IPC and hands an event to every subscriber, and does nothing else:
/// the least that a server on SwiftNIO can do.
///
/// Takes the path of its socket, prints "ready", and serves on one event loop until it is killed.
@main
enum BareIPCServer {
    static func main() async {
        do {
            guard CommandLine.arguments.count == 2 else { throw BenchmarkError("needs a path") }
            let subscribers = Subscribers()
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(FrameHandler(subscribers))
                    }
                }
                .bind(unixDomainSocketPath: CommandLine.arguments[1])
                .get()
            print("ready")
            fflush(nil)
            try await listener.closeFuture.get()
        } catch {
            fail(error)
        }
    }
}
