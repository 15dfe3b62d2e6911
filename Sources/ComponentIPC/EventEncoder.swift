internal import Broker
internal import EventStream
internal import NIOCore
internal import TopicRouter

/// The payload of an event, and what is to be known of it to send it to many.
final class EncodedEvent {
    let payload: ByteBuffer
    /// For payloads that are not copied.
    private(set) lazy var checksum = payload.withUnsafeReadableBytes { CRC32.Suffix($0.bytes) }

    init(_ payload: ByteBuffer) {
        self.payload = payload
    }
}

/// Makes events of messages; the same one for all who get the same message one after the other.
struct EventEncoder {
    enum Form {
        case subscriptionResponse, ioTCore
    }

    private var last: (message: Message, form: Form, event: EncodedEvent)?

    /// The event for `message`.
    mutating func event(_ message: Message, _ form: Form) -> EncodedEvent {
        if let last, last.form == form, last.message.isSame(as: message) {
            return last.event
        }
        let event = EncodedEvent(
            form == .ioTCore ? .ioTCoreMessage(message) : .subscriptionResponse(message)
        )
        last = (message, form, event)
        return event
    }

    /// Lets the last message go.
    mutating func clear() {
        last = nil
    }
}

extension Message {
    /// Whether the two are one publish: `other` has not only the same bytes, but in the same memory.
    fileprivate func isSame(as other: Message) -> Bool {
        payload.isSameMemory(as: other.payload) && isJSON == other.isJSON && topic == other.topic
            && properties == other.properties
    }
}

extension ByteBuffer {
    fileprivate func isSameMemory(as other: ByteBuffer) -> Bool {
        withUnsafeReadableBytes { bytes in
            other.withUnsafeReadableBytes { bytes.baseAddress == $0.baseAddress && bytes.count == $0.count }
        }
    }

    /// The payload of a `SubscriptionResponseMessage`.
    ///
    /// What a publisher gave as `jsonMessage` goes on as it was written.
    fileprivate static func subscriptionResponse(_ message: Message) -> ByteBuffer {
        let payload = message.payload.readableBytesSpan
        var buffer = ByteBuffer()
        buffer.reserveCapacity(payload.byteCount / 3 * 4 + message.topic.utf8.count + 96)
        if message.isJSON {
            buffer.writeStaticString("{\"jsonMessage\":{\"message\":")
            buffer.writeImmutableBuffer(message.payload)
        } else {
            buffer.writeStaticString("{\"binaryMessage\":{\"message\":\"")
            buffer.writeBase64(payload)
            buffer.writeStaticString("\"")
        }
        buffer.writeStaticString(",\"context\":{\"topic\":")
        buffer.writeJSONString(message.topic.utf8)
        buffer.writeStaticString("}}}")
        return buffer
    }

    /// The payload of an `IoTCoreMessage`.
    fileprivate static func ioTCoreMessage(_ message: Message) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONObject { event in
            event.write("message") { buffer in
                buffer.writeJSONObject { object in
                    object.write("topicName") { $0.writeJSONString(message.topic.utf8) }
                    object.write("payload") { buffer in
                        buffer.writeStaticString("\"")
                        buffer.writeBase64(message.payload.readableBytesSpan)
                        buffer.writeStaticString("\"")
                    }
                    if let properties = message.properties {
                        object.write(properties)
                    }
                }
            }
        }
        return buffer
    }
}

extension JSONObjectWriter {
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
            write("correlationData") { buffer in
                buffer.writeStaticString("\"")
                buffer.writeBase64(data.span.bytes)
                buffer.writeStaticString("\"")
            }
        }
        write("responseTopic", properties.responseTopic)
        if let isUTF8 = properties.isUTF8 {
            write("payloadFormat", isUTF8 ? "1" : "0")
        }
        write("contentType", properties.contentType)
    }
}
