internal import Broker
internal import NIOCore
internal import TopicRouter

/// Makes the payloads of events; the same one for all who get the same message one after the other.
struct EventEncoder {
    enum Form {
        case subscriptionResponse, ioTCore
    }

    /// What was encoded.
    private struct Encoded {
        let form: Form
        let topic: TopicName
        /// As long as it is here, no other payload is in the same memory.
        let payload: ByteBuffer
        let isJSON: Bool

        /// Nil for what can't be told from other messages by these alone.
        init?(_ message: Message, _ form: Form) {
            guard form == .subscriptionResponse || message.properties == nil else { return nil }
            self.form = form
            topic = message.topic
            payload = message.payload
            isJSON = message.isJSON
        }

        /// Whether this is `message`.
        func isSame(as message: Message, _ form: Form) -> Bool {
            payload.isSameMemory(as: message.payload) && form == self.form && isJSON == message.isJSON
                && topic == message.topic && (form == .subscriptionResponse || message.properties == nil)
        }
    }

    /// Memory that is kept from one event to the next.
    private static let keptBytesMax = 64 * 1024

    private var last: Encoded?
    private var payload = ByteBuffer()
    /// What follows the message in an event, for the last topic.
    private var context: (topic: TopicName, json: ByteBuffer)?

    /// The payload of the event for `message`.
    mutating func event(_ message: Message, _ form: Form) -> ByteBuffer {
        if let last, last.isSame(as: message, form) {
            return payload
        }
        payload.clear()
        switch form {
        case .subscriptionResponse: writeSubscriptionResponse(message)
        case .ioTCore: payload.writeIoTCoreMessage(message)
        }
        last = Encoded(message, form)
        return payload
    }

    /// Lets the last message go.
    mutating func clear() {
        last = nil
        if payload.capacity > Self.keptBytesMax {
            payload = ByteBuffer()
        }
    }

    /// Writes a `SubscriptionResponseMessage`.
    ///
    /// What a publisher gave as `jsonMessage` goes on as it was written.
    private mutating func writeSubscriptionResponse(_ message: Message) {
        let context = context(message.topic)
        let byteCount = message.payload.readableBytes
        payload.reserveCapacity(Base64.encodedByteCount(byteCount) + context.readableBytes + 64)
        if message.isJSON {
            payload.writeStaticString("{\"jsonMessage\":{\"message\":")
            payload.writeImmutableBuffer(message.payload)
        } else {
            payload.writeStaticString("{\"binaryMessage\":{\"message\":\"")
            message.payload.withUnsafeReadableBytes { payload.writeBase64($0) }
            payload.writeStaticString("\"")
        }
        payload.writeImmutableBuffer(context)
    }

    private mutating func context(_ topic: TopicName) -> ByteBuffer {
        if let context, context.topic == topic {
            return context.json
        }
        var json = ByteBuffer()
        json.writeStaticString(",\"context\":{\"topic\":")
        json.writeJSONString(topic.utf8)
        json.writeStaticString("}}}")
        context = (topic, json)
        return json
    }
}

extension ByteBuffer {
    fileprivate func isSameMemory(as other: ByteBuffer) -> Bool {
        withUnsafeReadableBytes { bytes in
            other.withUnsafeReadableBytes { bytes.baseAddress == $0.baseAddress && bytes.count == $0.count }
        }
    }

    /// Writes an `IoTCoreMessage`.
    fileprivate mutating func writeIoTCoreMessage(_ message: Message) {
        writeJSONObject { event in
            event.write("message") { buffer in
                buffer.writeJSONObject { object in
                    object.write("topicName") { $0.writeJSONString(message.topic.utf8) }
                    object.write("payload", base64: message.payload)
                    if let properties = message.properties {
                        object.write(properties)
                    }
                }
            }
        }
    }
}

extension JSONObjectWriter {
    fileprivate mutating func write(_ name: String, base64 bytes: ByteBuffer) {
        write(name) { buffer in
            buffer.writeStaticString("\"")
            bytes.withUnsafeReadableBytes { buffer.writeBase64($0) }
            buffer.writeStaticString("\"")
        }
    }

    fileprivate mutating func write(_ properties: MessageProperties) {
        if properties.isRetained {
            write("retain", json: "true")
        }
        if !properties.userProperties.isEmpty {
            write("userProperties", each: properties.userProperties) { property, buffer in
                buffer.writeJSONObject { object in
                    object.write("key", property.name)
                    object.write("value", property.value)
                }
            }
        }
        if let seconds = properties.secondsToExpiry(atMilliseconds: WallClock.millisecondsSinceEpoch()) {
            write("messageExpiryIntervalSeconds", json: "\(seconds)")
        }
        if let data = properties.correlationData {
            write("correlationData", base64: ByteBuffer(bytes: data))
        }
        write("responseTopic", properties.responseTopic)
        if let isUTF8 = properties.isUTF8 {
            write("payloadFormat", isUTF8 ? "1" : "0")
        }
        write("contentType", properties.contentType)
    }
}
