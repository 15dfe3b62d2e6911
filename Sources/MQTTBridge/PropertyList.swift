import Broker
import CMosquitto

/// The user property in which a message carries how many functions it has passed through.
///
/// Whoever routes messages on can count it up, so that a loop over several brokers ends as well.
let hopsPropertyName = "trellis-hops"

/// The properties of a packet that is about to be sent, in libmosquitto's form.
struct PropertyList: ~Copyable {
    /// The first one; nil when there is none.
    private(set) var first: OpaquePointer?

    deinit {
        var first = self.first
        mosquitto_property_free_all(&first)
    }

    /// What goes up with `message`.
    ///
    /// An empty text is left out: of it libmosquitto 2.0.11 makes a null pointer, which it then reads.
    ///
    /// - Throws: `MosquittoError` when a text is none that MQTT allows.
    static func of(_ message: Message, millisecondsSinceEpoch now: Int64) throws -> PropertyList {
        var list = PropertyList()
        if message.hops > 0 { try list.add(name: hopsPropertyName, value: "\(message.hops)") }
        guard let properties = message.properties else { return list }
        for pair in properties.userProperties { try list.add(name: pair.name, value: pair.value) }
        if let type = properties.contentType, !type.isEmpty { try list.add(MQTT_PROP_CONTENT_TYPE, type) }
        if let isUTF8 = properties.isUTF8 { try list.add(isUTF8: isUTF8) }
        if let topic = properties.responseTopic, !topic.isEmpty {
            try list.add(MQTT_PROP_RESPONSE_TOPIC, topic)
        }
        if let data = properties.correlationData { try list.add(correlationData: data) }
        if let seconds = properties.secondsToExpiry(atMilliseconds: now) {
            try list.add(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, seconds)
        }
        return list
    }

    mutating func add(_ kind: mqtt5_property, _ value: UInt32) throws {
        try check(mosquitto_property_add_int32(&self.first, CInt(kind.rawValue), value))
    }

    mutating func add(_ kind: mqtt5_property, _ value: String) throws {
        try check(mosquitto_property_add_string(&self.first, CInt(kind.rawValue), value))
    }

    mutating func add(subscriptionIdentifier value: UInt32) throws {
        let identifier = CInt(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue)
        try check(mosquitto_property_add_varint(&self.first, identifier, value))
    }

    private mutating func add(isUTF8: Bool) throws {
        let identifier = CInt(MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue)
        try check(mosquitto_property_add_byte(&self.first, identifier, isUTF8 ? 1 : 0))
    }

    private mutating func add(correlationData data: [UInt8]) throws {
        let identifier = CInt(MQTT_PROP_CORRELATION_DATA.rawValue)
        guard let count = UInt16(exactly: data.count) else {
            throw MosquittoError(code: MOSQ_ERR_INVAL.rawValue)
        }
        try check(mosquitto_property_add_binary(&self.first, identifier, data, count))
    }

    private mutating func add(name: String, value: String) throws {
        let identifier = CInt(MQTT_PROP_USER_PROPERTY.rawValue)
        try check(mosquitto_property_add_string_pair(&self.first, identifier, name, value))
    }
}
