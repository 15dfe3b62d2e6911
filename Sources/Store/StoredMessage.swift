internal import Broker
internal import FoundationEssentials
internal import GRDB
internal import GreengrassModel
internal import NIOCore
internal import TopicRouter

/// A message as a row has it.
enum StoredMessage {
    /// Far more than a message has, and far from an overflow.
    private static let hopsMax = 1_000

    /// The first byte of the column `properties`, whose other bytes are JSON.
    private static let propertiesVersion: UInt8 = 1

    /// What the description of a component's origin begins with.
    private static let componentPrefix = Origin.component("").description

    static let columns = "topic, payload, origin, hops, qos, clientContext, properties"
    static let placeholders = "?, ?, ?, ?, ?, ?, ?"

    /// The values of `columns`.
    static func values(of message: Message) throws -> [DatabaseValue] {
        [
            message.topic.description.databaseValue,
            Data(message.payload.readableBytesView).databaseValue,
            message.origin.description.databaseValue,
            message.hops.databaseValue,
            message.qos.rawValue.databaseValue,
            message.clientContext?.databaseValue ?? .null,
            try encodedProperties(of: message)?.databaseValue ?? .null,
        ]
    }

    /// The column `properties`.
    static func encodedProperties(of message: Message) throws -> Data? {
        try message.properties.map { Data([propertiesVersion]) + (try JSONEncoder().encode($0)) }
    }

    /// - Throws: `StateError.damaged`.
    static func message(in row: Row) throws -> Message {
        let topic: String = try row.checked("topic")
        let payload: Data = try row.checked("payload")
        let hops: Int = try row.checked("hops")
        guard let topic = try? TopicName(topic), let qos = QoS(rawValue: try row.checked("qos")),
            (0...hopsMax).contains(hops)
        else { throw StateError.damaged("a message with impossible values") }
        return Message(
            topic: topic,
            payload: ByteBuffer(bytes: payload),
            origin: try origin(try row.checked("origin")),
            hops: hops,
            qos: qos,
            clientContext: try row.checkedOrNull("clientContext"),
            properties: try (try row.checkedOrNull("properties")).map(properties)
        )
    }

    private static func properties(_ bytes: Data) throws -> MessageProperties {
        guard bytes.first == propertiesVersion,
            let properties = try? JSONDecoder().decode(MessageProperties.self, from: bytes.dropFirst())
        else { throw StateError.damaged("a message with impossible properties") }
        return properties
    }

    /// What `Origin.description` was made of.
    private static func origin(_ text: String) throws -> Origin {
        if let origin = [Origin.cloud, .commandLine].first(where: { $0.description == text }) {
            return origin
        }
        if text.hasPrefix(componentPrefix) {
            return .component(String(text.dropFirst(componentPrefix.count)))
        }
        guard let arn = try? FunctionARN(text) else {
            throw StateError.damaged("a message of an unknown origin")
        }
        return .function(arn)
    }
}

extension Row {
    /// A column's value; GRDB's own subscript would trap where the type is another one.
    ///
    /// - Throws: `StateError.damaged`.
    func checked<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        guard hasColumn(column), let value = Value.fromDatabaseValue(self[column]) else {
            throw StateError.damaged("the column \(column) has no value of its type")
        }
        return value
    }

    /// A column's value, or `nil` for NULL.
    ///
    /// - Throws: `StateError.damaged`.
    func checkedOrNull<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        let isNull = try checked(column) as DatabaseValue == .null
        return isNull ? nil : try checked(column)
    }
}
