import Broker
import Components
import NIOConcurrencyHelpers
import NIOCore

/// Shows the traffic in short: a line a message, and a count of those that came too fast to show.
///
/// What was not delivered has lines of its own, so that a flood of what was can't hide it.
final class TrafficPrinter: TrafficObserver {
    /// More lines than these a second nobody reads.
    private static let linesPerSecondMax = 10
    /// A payload is shown up to here.
    private static let payloadCharactersMax = 60

    private struct Window {
        var second: Int64 = 0
        var lineCount = 0
        var hiddenCount = 0
    }

    private let output: BackgroundOutput
    private let traffic = NIOLockedValueBox(Window())
    private let failures = NIOLockedValueBox(Window())

    init(output: BackgroundOutput) {
        self.output = output
    }

    func didRoute(_ message: Message, to targets: [String]) {
        show(message, in: traffic, "→ " + targets.map(Self.short).joined(separator: ", "))
    }

    func didNotDeliver(_ message: Message, reason: String) {
        show(message, in: failures, "✗ " + reason)
    }

    func didReachCloud(_ message: Message) {
        show(message, in: traffic, "✓ arrived in the cloud")
    }

    private func show(
        _ message: Message,
        in window: NIOLockedValueBox<Window>,
        _ outcome: @autoclosure () -> String
    ) {
        let now = WallClock.millisecondsSinceEpoch()
        let hiddenCount: Int? = window.withLockedValue { window in
            if window.second != now / 1_000 {
                let hidden = window.hiddenCount
                window = Window(second: now / 1_000, lineCount: 1)
                return hidden
            }
            window.lineCount += 1
            guard window.lineCount <= Self.linesPerSecondMax else {
                window.hiddenCount += 1
                return nil
            }
            return 0
        }
        guard let hiddenCount else { return }
        if hiddenCount > 0 {
            output.line("… and \(hiddenCount) more in the second before")
        }
        let time = Timestamp.text(millisecondsSinceEpoch: now).dropFirst("2022-08-05T".count)
        let source = Self.short(message.origin.description)
        let line = "\(time) \(source) \(message.topic) \(outcome())  \(Self.preview(message.payload))"
        output.line(line.printableRecord)
    }

    /// `hello-world:1` of `arn:aws:lambda:eu-central-1:123456789012:function:hello-world:1`.
    private static func short(_ name: String) -> String {
        guard let range = name.firstRange(of: ":function:") else { return name }
        return String(name[range.upperBound...])
    }

    /// The payload's beginning when it is printable, else its size.
    private static func preview(_ payload: ByteBuffer) -> String {
        let bytes = payload.readableBytesView.prefix(payloadCharactersMax)
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return "(\(payload.readableBytes) bytes)" }
        return String(decoding: bytes, as: UTF8.self)
            + (payload.readableBytes > payloadCharactersMax ? "…" : "")
    }
}
