internal import Broker
internal import Components
internal import NIOCore
internal import TopicRouter

/// The local bus: PublishToTopic and SubscribeToTopic.
extension Session {
    func publishToTopic(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        let topic = try localTopic(request, caller)
        let (message, base64) = try message(request, topic, caller)
        hub.encoder.begin(base64: base64)
        let outcome = hub.publisher.publish(message, on: .local)
        hub.encoder.end()
        switch outcome {
        case .accepted(_, nil), .noSubscription:
            send(Frames.publishToTopicResponse, streamID, .emptyObject)
        case .accepted(_, let durability?):
            try answer(.publishToTopic, on: streamID, when: durability)
        case .queueFull(let target, let limit):
            throw .service("Nothing was delivered: \(target) is full, \(limit)")
        case .unavailable(let reason):
            throw .service("Nothing was delivered: \(reason)")
        case .refused(let target, let reason):
            throw .invalidArguments("\(target) does not take this message: \(reason)")
        }
    }

    /// The topic that is published to, once the caller may do that.
    private func localTopic(_ request: Request, _ caller: SessionIdentity) throws(IPCError) -> TopicName {
        let bytes = request.bytes.readableBytesSpan
        let version = hub.policies.version
        guard let entry = try request.stringEntry("topic") else {
            throw .invalidArguments("Publish topic is required")
        }
        let text = bytes.extracting(request[entry].text)
        if let topic = knownTopics.topic(text, policiesVersion: version) {
            return topic
        }
        let utf8 = request.utf8(of: entry)
        try authorize(.publishToTopic, String(decoding: utf8, as: UTF8.self), caller)
        // The originals refuse an asterisk as well: in policies it is a wildcard.
        guard !utf8.contains(UInt8(ascii: "*")) else { throw .wildcardInTopic }
        let topic: TopicName
        do {
            topic = try TopicName(utf8: utf8)
        } catch .wildcardInTopicName {
            throw .wildcardInTopic
        } catch {
            throw .invalidArguments("the topic can't be published to: \(error)")
        }
        knownTopics.add(topic, text, policiesVersion: version)
        return topic
    }

    /// The message, and its payload as base64 if it came so.
    private func message(
        _ request: Request,
        _ topic: TopicName,
        _ caller: SessionIdentity
    ) throws(IPCError) -> (message: Message, base64: ByteBuffer?) {
        guard let union = try request.object("publishMessage") else {
            throw .invalidArguments("publishMessage is required")
        }
        let json = try request.object("jsonMessage", of: union)
        let binary = try request.object("binaryMessage", of: union)
        let payload: ByteBuffer
        var base64: ByteBuffer?
        switch (json, binary) {
        case (let json?, nil):
            guard let value = request.member("message", of: json) else {
                throw .missing("jsonMessage.message")
            }
            let text = request[value].text
            // A string's text is without its quotes.
            let quotes = request[value].kind == .string ? 1 : 0
            payload = request.bytes.copy(text.lowerBound - quotes..<text.upperBound + quotes)
        case (nil, let binary?):
            guard let entry = try request.stringEntry("message", of: binary) else {
                throw .missing("binaryMessage.message")
            }
            payload = try request.bytes(ofBase64: entry, "binaryMessage.message")
            base64 = request.plainText(of: entry)
        default:
            throw .invalidArguments("publishMessage holds either a jsonMessage or a binaryMessage")
        }
        let message = Message(
            topic: topic,
            payload: payload,
            origin: caller.origin,
            hops: hub.hops(of: caller),
            isJSON: json != nil
        )
        return (message, base64)
    }

    func subscribeToTopic(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError)
    {
        let text = try request.requiredString("topic")
        try authorize(.subscribeToTopic, text, caller)
        let filter = try TopicFilter(requested: text)
        let ignoresOwn: Bool
        switch try request.string("receiveMode") {
        case "RECEIVE_ALL_MESSAGES": ignoresOwn = false
        case "RECEIVE_MESSAGES_FROM_OTHERS": ignoresOwn = true
        case nil: ignoresOwn = filter.hasWildcard
        case let mode?:
            throw .invalidArguments(
                "receiveMode is RECEIVE_ALL_MESSAGES or RECEIVE_MESSAGES_FROM_OTHERS, not \(mode)"
            )
        }
        let stream = TopicStream(
            self,
            caller,
            streamID: streamID,
            filter: filter,
            bus: .local,
            ignoresOwn: ignoresOwn
        )
        try keepOpen(streamID) { stream.subscribe() }
        send(Frames.event("SubscribeToTopicResponse"), streamID, .emptyObject)
        stream.begin()
    }
}

extension TopicFilter {
    init(requested text: String) throws(IPCError) {
        do {
            try self.init(text)
        } catch {
            throw .invalidArguments("the topic \(text) is no topic filter: \(error)")
        }
    }
}

extension IPCError {
    fileprivate static var wildcardInTopic: IPCError {
        .invalidArguments("Publish topic must not contain a wildcard.")
    }
}

extension ByteBuffer {
    /// The JSON text `{}`.
    static var emptyObject: ByteBuffer { emptyObjectBuffer }

    private static let emptyObjectBuffer = ByteBuffer(string: "{}")

    /// A part of the readable bytes, in memory of its own: what is kept must not keep a whole read alive.
    fileprivate func copy(_ range: Range<Int>) -> ByteBuffer {
        readableBytesSpan.extracting(range).withUnsafeBytes { ByteBuffer(bytes: $0) }
    }
}
