public import NIOCore

/// What to do when a subscriber's queue is full; the values of `queueFullPolicy` on the wire.
public enum QueueFullPolicy: String, Sendable {
    /// Deliver to the targets with room; the message is kept as a dead letter for the others.
    case bestEffort = "BestEffort"
    /// Deliver to every target or to none.
    case allOrError = "AllOrError"
}

/// The broker's answer to a publisher.
public enum PublishOutcome: Sendable {
    /// The message was taken; `targets` is the number of subscribers that took it.
    ///
    /// `durability`, when there is one, succeeds once every subscriber keeps the message as it promises; the
    /// publisher's answer waits for it.
    case accepted(targets: Int, durability: EventLoopFuture<Void>?)
    /// No subscription matched on a function's bus; `NoSubscription.text` is the answer that its SDK knows.
    case noSubscription
    /// Nothing was delivered, because `target` had no room: `limit` names what is exhausted.
    case queueFull(target: String, limit: String)
    /// Nothing was delivered, because the only target can't take messages now.
    case unavailable(reason: String)
    /// Nothing was delivered, because `target` never takes such a message: the publisher is at fault.
    case refused(target: String, reason: String)
}
