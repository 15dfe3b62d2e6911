internal import Broker

/// One line of a component's log, in the format of the originals:
/// `2022-08-05T02:47:17.288Z [INFO] (thread) NAME: MESSAGE. {serviceInstance=0, serviceName=NAME,
/// currentState=RUNNING}`.
package struct LogLine: Sendable {
    /// The longest message kept, in bytes: what a line of a function's output is cut at.
    static let messageBytesMax = 64 * 1024

    /// When it was written, in milliseconds since 1970 (UTC).
    package var millisecondsSinceEpoch: Int64
    /// TRACE, DEBUG, INFO, WARN, ERROR or FATAL.
    package var level: String
    /// What stands for the originals' thread.
    package var source: String
    /// The component's name.
    package var componentName: String
    /// The component's state.
    package var state: String
    /// The text; line ends in it are written as spaces, since one line is one record.
    package var message: String

    /// Makes a line, by default of this moment.
    package init(
        millisecondsSinceEpoch: Int64 = WallClock.millisecondsSinceEpoch(),
        level: String,
        source: String,
        componentName: String,
        state: String,
        message: String
    ) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
        self.level = level
        self.source = source
        self.componentName = componentName
        self.state = state
        self.message = message
    }

    /// The whole line with its newline, as UTF-8.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.utf8.count + 160)
        bytes += Timestamp.text(millisecondsSinceEpoch: millisecondsSinceEpoch).utf8
        bytes += " [\(level)] (\(source)) \(componentName): ".utf8
        bytes += message.utf8.prefix(Self.messageBytesMax).lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        bytes += ". {serviceInstance=0, serviceName=\(componentName), currentState=\(state)}\n".utf8
        return bytes
    }
}
