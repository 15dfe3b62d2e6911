internal import Broker
internal import Components

/// How one instance ended, for people and programs.
package struct InstanceEnd: Sendable, Codable {
    /// Its number.
    package var instance: UInt64
    /// `stopped`, `notNeeded`, `timeout`, `statusTimeout`, `initializationTimeout`, `failedToInitialize`,
    /// `reportedErrored`, `outOfMemory`, `exit`, `signal` or `failedToStart`.
    package var cause: String
    /// The same as a text, with the details.
    package var text: String
    /// When: ISO 8601, UTC.
    package var time: String
    /// The last lines of its output.
    package var output: [String]

    /// Describes an end that happened just now.
    package init(instance: UInt64, _ cause: EndCause, wasKilled: Bool, output: [String]) {
        self.instance = instance
        self.cause = cause.word
        text = cause.text(wasKilled: wasKilled)
        time = Timestamp.text(millisecondsSinceEpoch: WallClock.millisecondsSinceEpoch())
        self.output = output
    }
}
