import Broker
import GreengrassModel
import Logging
import NIOCore

/// What the bridge's threads and callers work with.
struct BridgeContext: Sendable {
    let configuration: MQTTBridgeConfiguration
    /// What the connection calls itself.
    let clientID: String
    let state: BridgeState
    let logger: Logger
    let observer: (any TrafficObserver)?
    /// Takes each committed message that will never be sent, with the reason.
    let onDrop: @Sendable (Message, String) -> Void

    func reserve(for message: Message, under policy: SpoolPolicy) -> Reservation {
        if let problem = self.problem(of: message) { return .refused(problem) }
        let (answer, dropped) = self.state.reserve(for: message, under: policy)
        for message in dropped { self.onDrop(message, UplinkSpool.fullReason) }
        return answer
    }

    func commit(_ message: Message, under policy: SpoolPolicy) -> EventLoopFuture<Void>? {
        let (refusal, durability) = self.state.commit(message, under: policy)
        if let refusal { self.onDrop(message, refusal) }
        return durability
    }

    /// Why the broker would never take `message`, if so.
    private func problem(of message: Message) -> String? {
        let byteCount = message.payload.readableBytes
        if byteCount > self.configuration.messageBytesMax {
            return "the payload has \(byteCount) bytes; maxMessageSizeInBytes is "
                + "\(self.configuration.messageBytesMax)"
        }
        // MQTT 3.1.1 leaves properties out.
        if let properties = message.properties, self.configuration.version == .mqtt5,
            let problem = properties.problem
        {
            return problem
        }
        return self.configuration.hasIoTCoreTopics ? IoTCoreTopic.problem(of: message.topic) : nil
    }
}
