import Broker
import GreengrassModel
import NIOCore
import Store
import TopicRouter

@testable import MQTTBridge

extension NIODeadline {
    /// When tests without a clock take place.
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
}

extension UplinkSpool {
    mutating func commit(
        _ message: Message,
        under policy: SpoolPolicy = SpoolPolicy(),
        now: NIODeadline = .start
    ) -> Commit {
        self.commit(message, under: policy, now: now, millisecondsSinceEpoch: 0)
    }

    /// Reserves and, if there is room, commits.
    mutating func add(
        _ name: String,
        _ payload: String = "",
        bytes: Int = 0,
        qos: QoS = .atLeastOnce,
        under policy: SpoolPolicy = SpoolPolicy(),
        now: NIODeadline = .start
    ) throws -> (answer: Reservation, dropped: [String]) {
        let message = try message(name, payload + String(repeating: "x", count: bytes), qos: qos)
        let (answer, dropped) = self.reserve(for: message, under: policy, now: now)
        if answer == .ok {
            let commit = self.commit(message, under: policy, now: now)
            guard commit != .kept, commit != .keptOnceWritten else {
                return (answer, dropped.map(\.topic.description))
            }
            preconditionFailure("not committed: \(commit)")
        }
        return (answer, dropped.map(\.topic.description))
    }

    /// The topic of the message called `packetID`, which the broker has.
    mutating func delivered(packetID: CInt) -> String? {
        guard case .delivered(let message) = self.acknowledged(packetID: packetID, now: .start) else {
            return nil
        }
        return message.topic.description
    }

    /// Hands over and acknowledges everything; the topics in order, with payloads that begin otherwise than
    /// by an x.
    mutating func drain(now: NIODeadline = .start) -> [String] {
        var names: [String] = []
        while let message = self.takeNext(now: now) {
            let payload = String(buffer: message.payload)
            let isPlain = payload.isEmpty || payload.hasPrefix("x")
            names.append(isPlain ? "\(message.topic)" : message.text)
            self.handedOver(packetID: 1)
            _ = self.acknowledged(packetID: 1, now: now)
        }
        return names
    }

    /// Writes what there is to write, as the writer does.
    mutating func writeAll(to file: SpoolFile) throws {
        let changes = self.takeChanges()
        try file.write(changes)
        self.didWrite(changes)
    }
}
