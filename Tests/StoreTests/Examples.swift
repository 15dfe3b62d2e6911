import Broker
import GreengrassModel
import NIOCore
import TopicRouter

@testable import Store

extension Message {
    static func example(
        _ topic: String,
        payload: String = "x",
        origin: Origin = .cloud,
        hops: Int = 0,
        qos: QoS = .atLeastOnce,
        clientContext: String? = nil,
        properties: MessageProperties? = nil
    ) -> Message {
        guard let topic = try? TopicName(topic) else { preconditionFailure("\(topic) is no topic") }
        return Message(
            topic: topic,
            payload: ByteBuffer(string: payload),
            origin: origin,
            hops: hops,
            qos: qos,
            clientContext: clientContext,
            properties: properties
        )
    }

    func isSame(as other: Message) -> Bool {
        topic == other.topic && payload == other.payload && origin == other.origin && hops == other.hops
            && qos == other.qos && clientContext == other.clientContext && properties == other.properties
    }
}

extension Origin {
    static var example: Origin {
        guard let arn = try? FunctionARN("arn:aws:lambda:eu-central-1:123456789012:function:sender:1") else {
            preconditionFailure("no ARN")
        }
        return .function(arn)
    }
}

extension DeadLetter {
    static func example(_ number: UInt64, payload: String = "x") -> DeadLetter {
        DeadLetter(
            number: number,
            millisecondsSinceEpoch: 1_000,
            message: .example("a", payload: payload),
            target: "cloud",
            reason: "a test"
        )
    }

    func isSame(as other: DeadLetter) -> Bool {
        number == other.number && millisecondsSinceEpoch == other.millisecondsSinceEpoch
            && message.isSame(as: other.message) && target == other.target && reason == other.reason
    }
}

extension WaitingWork {
    static func example(_ id: String, payload: String = "x") -> WaitingWork {
        WaitingWork(
            component: "c",
            function: "f",
            invocationID: id,
            deaths: 0,
            message: .example("a", payload: payload)
        )
    }
}

/// Takes every message.
final class Target: Subscriber {
    let name = "target"

    func reserve(for message: Message) -> Reservation { .ok }

    func commit(_ message: Message) -> EventLoopFuture<Void>? { nil }

    func cancel(_ message: Message) {}
}
