import Broker
import CMosquitto
import Glibc
import TopicRouter

/// The most bytes of properties in a message that comes down; AWS IoT Core has 8 KiB for user properties.
private let propertyBytesMax = 65_536

/// A message as libmosquitto lends it for the time of a callback.
struct ReceivedMessage: ~Copyable {
    private let message: mosquitto_message
    /// The first of its properties, or nil.
    private let properties: OpaquePointer?

    init(_ message: mosquitto_message, properties: OpaquePointer?) {
        self.message = message
        self.properties = properties
    }

    /// The topic's bytes, which are not checked.
    var topic: UnsafeRawBufferPointer {
        bytes(self.message.topic, count: self.message.topic.map { strlen($0) } ?? 0)
    }

    /// The payload.
    var payload: UnsafeRawBufferPointer {
        bytes(self.message.payload, count: Int(self.message.payloadlen))
    }

    /// The quality of service.
    var qos: QoS { QoS(rawValue: Int(self.message.qos)) ?? .atLeastOnce }

    /// What it says besides, nil for most messages, and the hops that its publisher counted.
    ///
    /// - Throws: `ReceivedMessageError` when that is more than is taken.
    func readProperties(
        millisecondsSinceEpoch now: Int64
    ) throws(ReceivedMessageError) -> (properties: MessageProperties?, hops: Int) {
        guard self.properties != nil || self.message.retain else { return (nil, 0) }
        var found = MessageProperties(isRetained: self.message.retain)
        var hops = 0
        var next = self.properties
        while let property = next {
            switch UInt32(mosquitto_property_identifier(property)) {
            case MQTT_PROP_USER_PROPERTY.rawValue:
                guard let pair = readPair(property) else { break }
                if pair.name == hopsPropertyName {
                    hops = max(hops, Int(pair.value).map { min(max(0, $0), hopsReadMax) } ?? 0)
                } else {
                    found.userProperties.append(pair)
                }
            case MQTT_PROP_CONTENT_TYPE.rawValue:
                found.contentType = readString(property, MQTT_PROP_CONTENT_TYPE)
            case MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue:
                var format: UInt8 = 0
                _ = mosquitto_property_read_byte(
                    property,
                    CInt(MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue),
                    &format,
                    false
                )
                found.isUTF8 = format == 1
            case MQTT_PROP_RESPONSE_TOPIC.rawValue:
                found.responseTopic = readString(property, MQTT_PROP_RESPONSE_TOPIC)
            case MQTT_PROP_CORRELATION_DATA.rawValue:
                found.correlationData = readBinary(property, MQTT_PROP_CORRELATION_DATA)
            case MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue:
                var seconds: UInt32 = 0
                _ = mosquitto_property_read_int32(
                    property,
                    CInt(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue),
                    &seconds,
                    false
                )
                found.expiresAtMilliseconds = now + Int64(seconds) * 1_000
            case MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue:
                var identifier: UInt32 = 0
                _ = mosquitto_property_read_varint(
                    property,
                    CInt(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue),
                    &identifier,
                    false
                )
                found.subscriptionIdentifiers.append(identifier)
            default:
                break
            }
            next = mosquitto_property_next(property)
        }
        let byteCount = found.byteCount
        guard byteCount <= propertyBytesMax else {
            throw ReceivedMessageError(
                description: "its properties have \(byteCount) bytes; at most \(propertyBytesMax) are taken"
            )
        }
        return (found.isEmpty ? nil : found, hops)
    }
}

/// Why a message that came down goes nowhere.
struct ReceivedMessageError: Error, CustomStringConvertible {
    let description: String
}

/// Far above the limit for loops, and far from an overflow.
private let hopsReadMax = 1_000

private func bytes(_ start: UnsafeRawPointer?, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : max(0, count))
}

private func readPair(_ property: OpaquePointer) -> MessageProperties.UserProperty? {
    var name: UnsafeMutablePointer<CChar>?
    var value: UnsafeMutablePointer<CChar>?
    let identifier = CInt(MQTT_PROP_USER_PROPERTY.rawValue)
    _ = mosquitto_property_read_string_pair(property, identifier, &name, &value, false)
    defer {
        free(name)
        free(value)
    }
    guard let name, let value else { return nil }
    return MessageProperties.UserProperty(name: String(cString: name), value: String(cString: value))
}

private func readString(_ property: OpaquePointer, _ kind: mqtt5_property) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    _ = mosquitto_property_read_string(property, CInt(kind.rawValue), &value, false)
    defer { free(value) }
    return value.map { String(cString: $0) }
}

private func readBinary(_ property: OpaquePointer, _ kind: mqtt5_property) -> [UInt8]? {
    var value: UnsafeMutableRawPointer?
    var count: UInt16 = 0
    guard mosquitto_property_read_binary(property, CInt(kind.rawValue), &value, &count, false) != nil else {
        return nil
    }
    defer { free(value) }
    return Array(bytes(value, count: Int(count)))
}
