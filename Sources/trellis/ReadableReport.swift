import Components
import ControlAPI
import FoundationEssentials

/// What the daemon reports of a message that is kept somewhere.
protocol MessageReport: Encodable {
    /// Milliseconds since 1970 (UTC).
    var millisecondsSinceEpoch: Int64 { get }
    /// Any bytes.
    var payload: Data? { get set }
}

extension DeadLetterReport: MessageReport {}
extension SpooledMessageReport: MessageReport {}

/// A report as the command line shows it to programs: with the time in words, and the payload as text, or in
/// base64 when it is none.
struct ReadableReport<Report: MessageReport>: Encodable {
    private enum Key: String, CodingKey {
        case time, payload, payloadBase64
    }

    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func encode(to encoder: any Encoder) throws {
        var rest = report
        rest.payload = nil
        try rest.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(
            Timestamp.text(millisecondsSinceEpoch: report.millisecondsSinceEpoch),
            forKey: .time
        )
        guard let payload = report.payload else { return }
        if let text = String(validating: payload, as: UTF8.self) {
            try container.encode(text, forKey: .payload)
        } else {
            try container.encode(payload.base64EncodedString(), forKey: .payloadBase64)
        }
    }
}
