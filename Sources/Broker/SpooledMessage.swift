public import GreengrassModel

/// A message that waits for the cloud, with what belongs to it.
public final class SpooledMessage: Sendable {
    /// Names it, and orders it among those of its priority.
    public let position: Int64
    /// When it was accepted, in milliseconds since 1970 (UTC).
    public let millisecondsSinceEpoch: Int64
    /// What it takes of the spool's bytes.
    public let byteCount: Int
    /// What becomes of it while it waits.
    public let policy: SpoolPolicy
    /// The message.
    public let message: Message

    /// Makes one.
    public init(
        position: Int64,
        millisecondsSinceEpoch: Int64,
        byteCount: Int,
        policy: SpoolPolicy,
        message: Message
    ) {
        self.position = position
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
        self.byteCount = byteCount
        self.policy = policy
        self.message = message
    }
}
