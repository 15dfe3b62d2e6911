/// What a spool holds at most, and how it is used.
struct SpoolLimits {
    /// The longest topic that AWS IoT Core takes, in bytes.
    ///
    /// What is longer counts as payload, so that topics can't fill the memory.
    static let topicBytesFree = 256

    /// The most payload bytes, reserved, waiting and in flight.
    var bytesMax: Int
    /// The most messages that the library holds.
    var inFlightMax: Int
    /// Whether QoS 0 waits for a connection.
    var keepsQoS0WhenOffline = false
    /// How often a message is sent again that the broker refused with a reason that may pass; nil: for ever.
    var publishRetryMax: Int? = 100

    /// How many messages are read from the file at a time.
    var pageCount = 128
    /// Messages that wait and whose bodies are kept in memory though they are in the file: enough for the
    /// steps of a link that is up, and little beside the spool.
    var loadedCountMax = 256
    /// The same, in bytes.
    var loadedBytesMax = 1024 * 1024
    /// The most bytes that wait for the disk in memory, also when it is full: 128 messages of the largest
    /// size that AWS takes.
    var unwrittenBytesMax = 16 * 1024 * 1024

    /// The most messages, reserved, waiting and in flight: a full spool of payloads no longer than the
    /// longest topic.
    var countMax: Int { max(1, self.bytesMax / Self.topicBytesFree) }
}
