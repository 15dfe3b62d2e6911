import Broker
import Logging
import NIOCore
import TopicRouter

/// From here on a reason code is a failure (MQTT 5, 2.4); MQTT 3.1.1 has this one alone.
private let failureCodeMin: CInt = 0x80

/// What a CONNACK says to a version of MQTT that the broker does not speak, before MQTT 5 and with it.
private let versionRefusals: Set<CInt> = [1, 0x84]

extension BridgeConnection: MosquittoClientDelegate {
    func connectAnswered(_ answer: ConnectAnswer) {
        self.hasReceived = true
        guard answer.code == 0 else {
            self.isVersionRefused = versionRefusals.contains(answer.code)
            self.fail(ReasonText.ofConnect(answer.code, clientID: self.context.clientID))
            return
        }
        guard self.connectedAt == nil else { return self.fail("the broker sent a second CONNACK") }
        self.connectedAt = .now()
        self.answerDeadline = nil
        self.want(self.context.state.takeFilters())
        self.subscriptions.connected(
            isSessionPresent: answer.isSessionPresent,
            hasIdentifiers: answer.hasSubscriptionIdentifiers
        )
        self.context.state.withSpool { $0.connected() }
        self.context.logger.info(
            "Connected to the MQTT broker.",
            metadata: [
                "host": "\(self.context.configuration.host)",
                "port": "\(self.context.configuration.port)",
                "version": "\(self.version)",
                "sessionPresent": "\(answer.isSessionPresent)",
            ]
        )
    }

    func subscribeAnswered(packetID: CInt, reasonCodes: [CInt]) {
        self.hasReceived = true
        guard packetID == self.awaitedPacketID,
            let refused = self.subscriptions.subscribeAnswered(
                isGranted: reasonCodes.map { $0 < failureCodeMin }
            )
        else { return self.fail("the broker sent a SUBACK that answers no SUBSCRIBE") }
        self.answerReceived()
        for (filter, code) in zip(refused, reasonCodes.filter { $0 >= failureCodeMin }) {
            let reason = ReasonText.text(code)
            self.refusals[filter] = "the broker refused it: \(reason)"
            guard self.loggedRefusals.insert(filter).inserted else { continue }
            self.context.logger.warning(
                "The MQTT broker refused a subscription; it is tried again with growing delays.",
                metadata: ["filter": "\(self.upstream(filter) ?? filter)", "reason": "\(reason)"]
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
            return self.fail("the broker sent an UNSUBACK that answers no UNSUBSCRIBE")
        }
        self.answerReceived()
    }

    func published(packetID: CInt, reasonCode: CInt) {
        self.hasReceived = true
        self.unacknowledged.answered(packetID, timeout: self.context.configuration.operationTimeout)
        let reason = PublishReason(code: UInt8(truncatingIfNeeded: reasonCode))
        switch self.context.state.withSpool({
            $0.acknowledged(packetID: packetID, reason: reason, now: .now())
        }) {
        case .unknown:
            break
        case .delivered(let message):
            if message.qos == .atLeastOnce { self.context.observer?.didReachCloud(message) }
        case .refused(let message, let reason):
            self.context.onDrop(message, reason)
        case .deferred(let message, let reason):
            self.context.logger.warning(
                "The MQTT broker did not take a message; it is sent again later.",
                metadata: ["topic": "\(message.topic)", "reason": "\(reason)"]
            )
        }
    }

    func received(_ received: borrowing ReceivedMessage) {
        self.hasReceived = true
        let bytesMax = self.context.configuration.messageBytesMax
        let payload = received.payload
        guard payload.count <= bytesMax else {
            self.refuse(
                received.topic,
                because: "maxMessageSizeInBytes \(bytesMax): the payload has \(payload.count)"
            )
            return
        }
        do {
            let (properties, hops) = try received.readProperties(
                millisecondsSinceEpoch: WallClock.millisecondsSinceEpoch()
            )
            let message = Message(
                topic: try TopicName(utf8: received.topic),
                payload: ByteBuffer(bytes: payload),
                origin: .cloud,
                hops: hops,
                qos: received.qos,
                properties: properties,
                receipt: self.makeReceipt(for: received.qos)
            )
            if !self.duplicates.isCopy(message), let durability = self.receive(message),
                self.durabilities.last !== durability
            {
                self.durabilities.append(durability)
            }
        } catch {
            self.refuse(received.topic, because: "\(error)")
        }
    }

    /// A receipt for a message that is acknowledged when it is done with, and not at once.
    private func makeReceipt(for qos: QoS) -> MessageReceipt? {
        guard self.acknowledgesLate, !self.hasGivenUpHolding, qos == .atLeastOnce else { return nil }
        self.heldTogetherCount += 1
        return self.context.state.held.makeReceipt()
    }

    func disconnected(reasonCode: CInt) {
        self.fail(ReasonText.ofDisconnect(reasonCode, clientID: self.context.clientID))
    }

    func pinged(isAnswered: Bool) {
        self.pingDeadline =
            isAnswered ? nil : .now() + TimeAmount(self.context.configuration.pingTimeout)
        self.hasReceived = self.hasReceived || isAnswered
    }

    private func fail(_ description: String) {
        self.failure = self.failure ?? ConnectionFailure(description: description)
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
