internal import Broker
package import FoundationEssentials
internal import NIOCore
internal import TopicRouter

/// A dead letter, for people.
package struct DeadLetterReport: Codable, Sendable {
    /// Names it, also after a restart.
    package var number: UInt64
    /// When it was given up, in milliseconds since 1970 (UTC).
    package var millisecondsSinceEpoch: Int64
    /// Who published it: an ARN, `cloud` or `command line`.
    package var source: String
    /// The topic; the function's ARN when it is an invocation of type Event.
    package var topic: String
    /// Whether it is an invocation of type Event.
    package var isInvocation: Bool
    /// Whom it was meant for.
    package var target: String
    /// Why it was not delivered.
    package var reason: String
    /// The size of its payload.
    package var payloadBytes: Int
    /// Its payload, when one letter was asked for.
    package var payload: Data?

    init(_ letter: DeadLetter, withPayload: Bool = false) {
        number = letter.number
        millisecondsSinceEpoch = letter.millisecondsSinceEpoch
        source = letter.message.origin.description
        topic = letter.message.topic.description
        isInvocation = letter.message.clientContext != nil
        target = letter.target
        reason = letter.reason
        payloadBytes = letter.message.payload.readableBytes
        payload = withPayload ? Data(letter.message.payload.readableBytesView) : nil
    }
}
