internal import Broker
internal import GreengrassModel
internal import LambdaManager
internal import NIOCore
internal import NIOHTTP1
internal import TopicRouter

extension Responder {
    /// Publishes on the caller's bus.
    ///
    /// Who publishes is told by the token; a context that names another function is refused.
    func publish(_ call: Call, payload: ByteBuffer) throws(Refusal) -> Answer {
        let context = try contexts.publish(call[HeaderName.clientContext] ?? "")
        let source = call.caller.name
        guard context.source == source else {
            throw Refusal(
                .forbidden,
                "The token belongs to \(source), which can't publish as \(context.source)."
            )
        }
        let message = Message(
            topic: context.topic,
            payload: payload,
            origin: .function(call.caller.arn),
            hops: call.caller.didCall()
        )
        switch publisher.publish(message, on: call.caller.bus, policy: context.policy) {
        case .accepted(_, nil):
            return .now(accepted())
        case .accepted(_, let durability?):
            // It goes on when the connection closes: the message is taken.
            return .later(whenKept(durability)) {}
        case .noSubscription:
            throw Refusal(
                .badRequest,
                NoSubscription.text(source: source, subject: context.topic.description)
            )
        case .queueFull(let target, let limit):
            throw Refusal(
                .tooManyRequests,
                "The queue of \(target) is full (\(limit)); nothing was delivered. Try again later."
            )
        case .unavailable(let reason):
            throw Refusal(.serviceUnavailable, "Nothing was delivered: \(reason)")
        case .refused(let target, let reason):
            throw Refusal(.badRequest, "\(target) does not take this message: \(reason)")
        }
    }

    private func accepted() -> Reply {
        Reply(.accepted, headers: [HeaderName.invocationID: InvocationID.random()])
    }

    private func whenKept(_ durability: EventLoopFuture<Void>) -> EventLoopFuture<Reply> {
        durability.hop(to: eventLoop).assumeIsolated().map { accepted() }
            .flatMapErrorThrowing { error in
                throw Refusal(.internalServerError, "The message could not be kept: \(error)")
            }
            .nonisolated()
    }
}
