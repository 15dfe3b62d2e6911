import Broker
import Components
import Glibc
import Logging

/// Writes the daemon's own log to standard error, one line a message.
struct ConsoleLogHandler: LogHandler {
    private let output: BackgroundOutput
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(output: BackgroundOutput, logLevel: Logger.Level) {
        self.output = output
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let time = Timestamp.text(millisecondsSinceEpoch: WallClock.millisecondsSinceEpoch())
        let extra = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = extra.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let level = event.level.rawValue.uppercased()
        output.error("\(time) [\(level)] \("\(event.message)\(details)".printableRecord)")
    }
}
