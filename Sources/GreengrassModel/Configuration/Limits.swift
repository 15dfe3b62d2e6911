/// Bounds of what the daemon keeps in memory, and of how long it takes to end.
package struct Limits: Hashable, Sendable {
    /// The most bytes of payload that may wait for one function.
    package var queueBytesMax = 64 * 1024 * 1024
    /// The most bytes of payload that may wait for all functions together.
    package var allQueuesBytesMax = 256 * 1024 * 1024
    /// How many messages that could not be delivered are kept.
    package var deadLetterCountMax = 1000
    /// The most bytes of payload that such messages may have together.
    package var deadLetterBytesMax = 16 * 1024 * 1024
    /// How long the daemon's end waits for invocations that are being served: the nucleus' time for the
    /// shutdown of a component.
    package var shutdownTimeout = Duration.seconds(15)

    /// Makes the defaults.
    package init() {}
}
