internal import NIOCore

/// The connections that get every event.
///
/// `@unchecked Sendable`: there is one event loop, and only its handlers touch it.
final class Subscribers: @unchecked Sendable {
    private var contexts: [ChannelHandlerContext] = []

    func add(_ context: ChannelHandlerContext) {
        contexts.append(context)
    }

    func remove(_ context: ChannelHandlerContext) {
        contexts.removeAll { $0 === context }
    }

    func write(_ event: NIOAny) {
        for context in contexts {
            context.write(event, promise: nil)
        }
    }

    func flush() {
        for context in contexts {
            context.flush()
        }
    }
}
