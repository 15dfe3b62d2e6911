internal import NIOCore
internal import TopicRouter

/// A message that could not be delivered to one target.
public struct DeadLetter: Sendable {
    /// Counts up from 1; names this letter, also after a restart where a store keeps it.
    public let number: UInt64
    /// When it was given up, in milliseconds since 1970 (UTC).
    public let millisecondsSinceEpoch: Int64
    /// The message as it was published.
    public internal(set) var message: Message
    /// The subscriber it was meant for; empty when there was none.
    public let target: String
    /// Why it was not delivered.
    public let reason: String

    /// Makes a letter, for a store that reads what it kept.
    public init(
        number: UInt64,
        millisecondsSinceEpoch: Int64,
        message: Message,
        target: String,
        reason: String
    ) {
        self.number = number
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
        self.message = message
        self.target = target
        self.reason = reason
    }

    /// What counts against the ring's limit.
    var byteCount: Int { message.byteCount }
}
