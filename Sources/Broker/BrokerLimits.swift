/// What the broker keeps at most.
public struct BrokerLimits: Sendable {
    /// Dead letters kept, in messages; the oldest goes first.
    ///
    /// 1,000 is one function's default queue.
    public var deadLetterCountMax: Int
    /// Dead letters kept, in bytes of payload and topic; the oldest goes first.
    public var deadLetterBytesMax: Int

    /// Makes limits; the defaults suit a small device.
    public init(deadLetterCountMax: Int = 1_000, deadLetterBytesMax: Int = 16 * 1024 * 1024) {
        self.deadLetterCountMax = deadLetterCountMax
        self.deadLetterBytesMax = deadLetterBytesMax
    }
}
