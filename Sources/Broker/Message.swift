public import GreengrassModel
public import NIOCore
public import TopicRouter

/// One published message on its way from a publisher to its subscribers.
///
/// The payload is shared, never copied per subscriber.
public struct Message: Sendable {
    /// The topic it was published to.
    public var topic: TopicName
    /// What was published; any bytes.
    public var payload: ByteBuffer
    /// Who published it, as told by a token or a connection, never by the message itself.
    public var origin: Origin
    /// How many functions this message has passed through already; 0 for one that answers no other message.
    public var hops: Int
    /// The quality of service asked for on the way to the cloud.
    ///
    /// Local delivery has none.
    public var qos: QoS
    /// Whether its publisher said that the payload is a JSON text: a `jsonMessage` of the Greengrass IPC.
    public var isJSON: Bool
    /// What the invoker gave with it, base64 of a JSON object or empty, when this is no published message but
    /// an invocation of type Event: its topic is the function's ARN.
    public var clientContext: String?
    /// What came with it over MQTT, or is to go with it; nil for most messages.
    public var properties: MessageProperties? {
        get { rare?.properties }
        set { rare = Rarity(properties: newValue, receipt: receipt) }
    }
    /// Tells whoever sent it when it is done with; nil for most messages.
    public var receipt: MessageReceipt? {
        get { rare?.receipt }
        set { rare = Rarity(properties: properties, receipt: newValue) }
    }

    // One word that is rarely set: what most messages don't have must not make them longer.
    private var rare: Rarity?

    /// Makes a message.
    public init(
        topic: TopicName,
        payload: ByteBuffer,
        origin: Origin,
        hops: Int = 0,
        qos: QoS = .atLeastOnce,
        isJSON: Bool = false,
        clientContext: String? = nil,
        properties: MessageProperties? = nil,
        receipt: MessageReceipt? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.origin = origin
        self.hops = hops
        self.qos = qos
        self.isJSON = isJSON
        self.clientContext = clientContext
        self.rare = Rarity(properties: properties, receipt: receipt)
    }

    /// What it takes of a queue's bytes: payload, topic, client context and properties.
    public var byteCount: Int {
        payload.readableBytes + topic.utf8.count + (clientContext?.utf8.count ?? 0)
            + (rare?.properties?.byteCount ?? 0)
    }
}

/// What few messages have.
private final class Rarity: Sendable {
    let properties: MessageProperties?
    let receipt: MessageReceipt?

    /// Nil when there is nothing of it.
    init?(properties: MessageProperties?, receipt: MessageReceipt?) {
        guard properties != nil || receipt != nil else { return nil }
        self.properties = properties
        self.receipt = receipt
    }
}

/// The MQTT qualities of service that AWS IoT Core offers; it has no QoS 2.
public enum QoS: Int, Sendable {
    /// QoS 0.
    case atMostOnce = 0
    /// QoS 1.
    case atLeastOnce = 1
}

/// Who published a message.
public enum Origin: Hashable, Sendable, CustomStringConvertible {
    /// A Lambda function, by its ARN with its version.
    case function(FunctionARN)
    /// The MQTT bridge: the message came down from the cloud.
    case cloud
    /// A component that speaks the Greengrass IPC, by its name.
    case component(String)
    /// Somebody at the command line.
    case commandLine

    /// The ARN, `component:NAME`, or a word for who has no name.
    public var description: String {
        switch self {
        case .function(let arn): arn.description
        case .cloud: "cloud"
        case .component(let name): "component:\(name)"
        case .commandLine: "command line"
        }
    }
}
