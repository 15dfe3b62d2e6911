internal import Broker
internal import GreengrassModel
internal import NIOCore
internal import TopicRouter

/// The cloud: PublishToIoTCore, SubscribeToIoTCore and SubscribeToIoTCoreConnectionStatus.
extension Session {
    /// How long a subscription waits for the cloud's acknowledgement: the originals' operation timeout.
    private static let subscribeTimeout = TimeAmount.seconds(30)

    func publishToIoTCore(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError)
    {
        let text = try ioTCoreTopic(request)
        try authorize(.publishToIoTCore, text, caller)
        let qos = try qos(request)
        let topic: TopicName
        do {
            topic = try TopicName(text)
        } catch {
            throw .invalidArguments("the topic \(text) can't be published to: \(error)")
        }
        let properties = try properties(request)
        let message = Message(
            topic: topic,
            payload: try request.blob("payload") ?? ByteBuffer(),
            origin: caller.origin,
            hops: hub.hops(of: caller),
            qos: qos,
            properties: properties.isEmpty ? nil : properties
        )
        switch hub.services.broker.publishToCloud(message) {
        case .accepted(_, nil), .noSubscription:
            send(Frames.publishToIoTCoreResponse, streamID, .emptyObject)
        case .accepted(_, let durability?):
            try answer(.publishToIoTCore, on: streamID, when: durability)
        case .queueFull(_, let limit):
            throw .service("Publish to topic \(topic) failed: the spool is full, \(limit)")
        case .unavailable(let reason):
            throw .service("Publish to topic \(topic) failed: \(reason)")
        case .refused(_, let reason):
            throw .invalidArguments("Publish to topic \(topic) failed: \(reason)")
        }
    }

    func subscribeToIoTCore(
        _ request: Request,
        on streamID: Int32,
        _ caller: SessionIdentity
    ) throws(IPCError) {
        let text = try ioTCoreTopic(request)
        try authorize(.subscribeToIoTCore, text, caller)
        // The bridge asks the cloud for QoS 1 for everybody.
        _ = try qos(request)
        let filter = try TopicFilter(requested: text)
        if let problem = IoTCoreTopic.problem(of: filter) {
            throw .invalidArguments("Subscribe to topic \(text) failed: \(problem)")
        }
        guard !text.hasPrefix("$share/") else {
            throw .invalidArguments("shared subscriptions are for event sources of functions only")
        }
        guard let uplink = hub.services.broker.uplink else {
            throw .service("Subscribe to topic \(text) failed: the cloud is switched off")
        }
        let stream = TopicStream(
            self,
            caller,
            streamID: streamID,
            filter: filter,
            bus: .cloud,
            ignoresOwn: false
        )
        try keepOpen(streamID) {
            let end = stream.subscribe()
            let timeout = hub.eventLoop.assumeIsolated().scheduleTask(in: Self.subscribeTimeout) {
                let reason = "Subscribe to topic \(text) failed: the cloud is \(uplink.state.rawValue)"
                self.fail(streamID, .service(reason), unlessBegun: stream)
            }
            return {
                timeout.cancel()
                end()
            }
        }
        // A client that leaves must not live on in what waits for the cloud.
        uplink.whenSubscribed(to: filter).hop(to: hub.eventLoop).assumeIsolated().whenComplete {
            [weak self, weak stream] result in
            guard let self, let stream else { return }
            didSubscribe(result, stream, streamID)
        }
    }

    private func didSubscribe(_ result: Result<Void, any Error>, _ stream: TopicStream, _ streamID: Int32) {
        defer { hub.sendAll() }
        guard isOpen(streamID), !stream.isBegun else { return }
        switch result {
        case .success:
            send(Frames.event("SubscribeToIoTCoreResponse"), streamID, .emptyObject)
            stream.begin()
        case .failure(let error):
            fail(streamID, .service("the subscription failed: \(error)"))
        }
    }

    private func fail(_ streamID: Int32, _ error: IPCError, unlessBegun stream: TopicStream) {
        guard isOpen(streamID), !stream.isBegun else { return }
        fail(streamID, error)
        hub.sendAll()
    }

    func subscribeToConnectionStatus(_ streamID: Int32) throws(IPCError) {
        guard let uplink = hub.services.broker.uplink else {
            throw .service("the cloud is switched off: mqtt.endpoint is \"none\" in trellis.json")
        }
        try answerWithEvents(.subscribeToIoTCoreConnectionStatus, on: streamID) { sender in
            uplink.observeConnection { isConnected in
                sender.send("IoTCoreConnectionStatusEvent", .connectionStatus(isConnected))
            }
        }
    }

    private func ioTCoreTopic(_ request: Request) throws(IPCError) -> String {
        guard let topic = try request.string("topicName"), !topic.isEmpty else {
            throw .invalidArguments("Topic is required")
        }
        return topic
    }

    private func qos(_ request: Request) throws(IPCError) -> QoS {
        guard let text = try request.string("qos") else { throw .invalidArguments("QoS is required") }
        guard let qos = Int(text).flatMap(QoS.init(rawValue:)) else {
            throw .invalidArguments("Invalid QoS value: \(text)")
        }
        return qos
    }

    private func properties(_ request: Request) throws(IPCError) -> MessageProperties {
        var properties = MessageProperties()
        properties.isRetained = try request.bool("retain") ?? false
        if let pairs = try request.array("userProperties") {
            try request.forEachChild(of: pairs) { pair throws(IPCError) in
                guard request[pair].kind == .object else {
                    throw .wrongType("userProperties", "a list of objects with key and value")
                }
                properties.userProperties.append(
                    MessageProperties.UserProperty(
                        name: try request.string("key", of: pair) ?? "",
                        value: try request.string("value", of: pair) ?? ""
                    )
                )
            }
        }
        if let seconds = try request.number("messageExpiryIntervalSeconds") {
            guard let seconds = UInt32(exactly: seconds) else {
                throw .wrongType("messageExpiryIntervalSeconds", "a whole number from 0 to 4294967295")
            }
            properties.expiresAtMilliseconds = WallClock.millisecondsSinceEpoch() + Int64(seconds) * 1_000
        }
        properties.correlationData = try request.blob("correlationData").map { Array($0.readableBytesView) }
        properties.responseTopic = try request.string("responseTopic")
        switch try request.string("payloadFormat") {
        case nil: break
        case "0": properties.isUTF8 = false
        case "1": properties.isUTF8 = true
        case let format?: throw .invalidArguments("payloadFormat is \"0\" or \"1\", not \"\(format)\"")
        }
        properties.contentType = try request.string("contentType")
        return properties
    }
}

extension ByteBuffer {
    fileprivate static func connectionStatus(_ isConnected: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONObject { event in
            event.write("connectionStatusEvent") { buffer in
                buffer.writeJSONObject { status in
                    status.write("status", isConnected ? "CONNECTED" : "DISCONNECTED")
                }
            }
        }
        return buffer
    }
}
