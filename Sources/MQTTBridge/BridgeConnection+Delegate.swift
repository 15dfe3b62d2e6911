import Broker
import Logging
import NIOCore
import TopicRouter

/// A SUBACK says so for a filter that it does not grant (MQTT 3.1.1, 3.9.3).
private let subscribeFailure: CInt = 0x80

extension BridgeConnection: MosquittoClientDelegate {
    func connectAnswered(code: CInt, reason: String, isSessionPresent: Bool) {
        self.hasReceived = true
        guard code == 0 else {
            self.failure = ConnectionFailure(description: reason)
            return
        }
        guard self.connectedAt == nil else {
            self.failure = ConnectionFailure(description: "the broker sent a second CONNACK")
            return
        }
        self.connectedAt = .now()
        self.answerDeadline = nil
        self.subscriptions.connected(isSessionPresent: isSessionPresent)
        self.context.state.withSpool { $0.connected() }
        self.context.logger.info(
            "Connected to the MQTT broker.",
            metadata: [
                "host": "\(self.context.configuration.host)",
                "port": "\(self.context.configuration.port)",
                "sessionPresent": "\(isSessionPresent)",
            ]
        )
    }

    func subscribeAnswered(packetID: CInt, grantedQoS: [CInt]) {
        self.hasReceived = true
        let isGranted = grantedQoS.map { $0 != subscribeFailure }
        guard packetID == self.awaitedPacketID,
            let refused = self.subscriptions.subscribeAnswered(isGranted: isGranted)
        else {
            self.failure = ConnectionFailure(
                description: "the broker sent a SUBACK that answers no SUBSCRIBE"
            )
            return
        }
        self.answerReceived()
        for filter in refused where self.loggedRefusals.insert(filter).inserted {
            self.context.logger.warning(
                "The MQTT broker refused a subscription; it is tried again with growing delays.",
                metadata: ["filter": "\(filter)"]
            )
        }
        if !refused.isEmpty {
            self.retryRefusedAt = .now() + TimeAmount(self.refusedBackoff.next(using: &self.randomness))
        } else if !self.subscriptions.hasRefused {
            self.refusedBackoff.reset()
        }
    }

    func unsubscribeAnswered(packetID: CInt) {
        self.hasReceived = true
        guard packetID == self.awaitedPacketID, self.subscriptions.unsubscribeAnswered() else {
            self.failure = ConnectionFailure(
                description: "the broker sent an UNSUBACK that answers no UNSUBSCRIBE"
            )
            return
        }
        self.answerReceived()
    }

    func published(packetID: CInt) {
        self.hasReceived = true
        let message = self.context.state.withSpool { $0.acknowledged(packetID: packetID) }
        if let message, message.qos == .atLeastOnce { self.context.observer?.didReachCloud(message) }
    }

    func received(topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: CInt) {
        self.hasReceived = true
        let bytesMax = self.context.configuration.messageBytesMax
        guard payload.count <= bytesMax else {
            self.refuse(topic, because: "maxMessageSizeInBytes \(bytesMax): the payload has \(payload.count)")
            return
        }
        do throws(TopicError) {
            let message = Message(
                topic: try TopicName(utf8: topic),
                payload: ByteBuffer(bytes: payload),
                origin: .cloud,
                qos: QoS(rawValue: Int(qos)) ?? .atLeastOnce
            )
            self.receive(message)
        } catch {
            self.refuse(topic, because: "\(error)")
        }
    }

    private func answerReceived() {
        self.awaitedPacketID = nil
        self.answerDeadline = nil
    }

    /// Counts a message that is none for the bus.
    ///
    /// The first of a connection is logged where everybody sees it: a
    /// broker that sends many must not fill the log.
    private func refuse(_ topic: UnsafeRawBufferPointer, because reason: String) {
        self.context.state.countRefusedInbound()
        self.context.logger.log(
            level: self.hasLoggedRefusedInbound ? .debug : .warning,
            "Dropped a message from the MQTT broker.",
            metadata: ["topic": "\(String(decoding: topic, as: UTF8.self))", "reason": "\(reason)"]
        )
        self.hasLoggedRefusedInbound = true
    }
}
