package import Broker
package import GreengrassModel
package import TopicRouter

/// What a spool has to know of a message that lies in its file.
package struct SpoolRow: Sendable {
    /// See `SpooledMessage`.
    package let position: Int64
    /// See `SpooledMessage`.
    package let millisecondsSinceEpoch: Int64
    /// See `SpooledMessage`.
    package let byteCount: Int
    /// See `SpooledMessage`.
    package let policy: SpoolPolicy
    /// The message's quality of service.
    package let qos: QoS
    /// The message's topic, when only the latest of a topic is kept.
    package let topic: TopicName?
}

/// What is to be written to a spool's file at once.
package struct SpoolChanges: Sendable {
    /// Messages to keep; one takes the place of what has its position.
    package var kept: [SpooledMessage]
    /// The positions of messages to forget, before anything is kept.
    package var forgotten: [Int64]

    /// Makes changes.
    package init(kept: [SpooledMessage] = [], forgotten: [Int64] = []) {
        self.kept = kept
        self.forgotten = forgotten
    }

    /// Whether there is nothing to write.
    package var isEmpty: Bool { kept.isEmpty && forgotten.isEmpty }
}
