internal import TopicRouter

/// A subscription that nearly takes a message, and the first reason why it does not.
public struct NearMiss: Hashable, Sendable, CustomStringConvertible {
    /// The subscription.
    public var subscription: ResolvedSubscription
    /// The first reason, for example `level 2 differs ("humidity" ≠ "temperature")`; what the message has
    /// comes first.
    public var reason: String

    /// The id, the subject and the reason on one line.
    public var description: String {
        "\(subscription.id.quoted) with the subject \(subscription.subject.description.quoted): \(reason)"
    }
}
