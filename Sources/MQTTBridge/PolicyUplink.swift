import Broker
import GreengrassModel
import NIOCore

/// The way up for the rows of one spool policy: who matches is told by the index, so that nobody has to look
/// for the policy of a message.
final class PolicyUplink: Subscriber {
    let name: String
    private let policy: SpoolPolicy
    private let context: BridgeContext

    init(name: String, policy: SpoolPolicy, context: BridgeContext) {
        self.name = name
        self.policy = policy
        self.context = context
    }

    func reserve(for message: Message) -> Reservation {
        self.context.reserve(for: message, under: self.policy)
    }

    func commit(_ message: Message) -> EventLoopFuture<Void>? {
        self.context.commit(message, under: self.policy)
    }

    func cancel(_ message: Message) {
        self.context.state.cancel(message)
    }
}
