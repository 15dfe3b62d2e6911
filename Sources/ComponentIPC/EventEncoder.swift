internal import Broker
internal import NIOCore
internal import TopicRouter

/// Makes the payloads of events: one for all who get the same message.
struct EventEncoder {
    enum Form {
        case subscriptionResponse, ioTCore
    }

    /// Memory that is kept from one event to the next.
    private static let keptBytesMax = 64 * 1024

    private var payload = ByteBuffer()
    /// Whether everybody is sent the same message now.
    private var isShared = false
    /// Whether `payload` is the event of that message.
    private var isEncoded = false
    /// The base64 of that message, when its publisher gave it.
    private var base64: ByteBuffer?
    /// What follows the message in an event, for the last topic.
    private var context: (topic: TopicName, json: ByteBuffer)?

    /// All events until `end` are of one message, and of one form.
    ///
    /// - Parameter base64: Its payload as its publisher gave it, if that was base64.
    mutating func begin(base64: ByteBuffer? = nil) {
        isShared = true
        isEncoded = false
        self.base64 = base64
    }

    /// The next events are of other messages.
    mutating func end() {
        isShared = false
        base64 = nil
        if payload.capacity > Self.keptBytesMax {
            payload = ByteBuffer()
        }
    }

    /// The payload of the event for `message`.
    mutating func event(_ message: Message, _ form: Form) -> ByteBuffer {
        if isShared, isEncoded { return payload }
        payload.clear()
        switch form {
        case .subscriptionResponse: writeSubscriptionResponse(message)
        case .ioTCore: payload.writeIoTCoreMessage(message)
        }
        isEncoded = true
        return payload
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
            if isShared, let base64 {
                payload.writeImmutableBuffer(base64)
            } else {
                message.payload.withUnsafeReadableBytes { payload.writeBase64($0) }
            }
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
