/// How the cloud is reached: the nucleus' `mqtt` settings, with its defaults.
package struct MQTTSettings: Hashable, Sendable {
    /// Who plays the cloud.
    package enum Endpoint: Hashable, Sendable {
        /// A private broker on a loopback port.
        case embedded
        /// Nobody.
        case none
        /// The MQTT broker at a host name or address.
        case host(String)
    }

    /// Where messages wait for the link.
    package enum Storage: Hashable, Sendable {
        /// In memory: they are lost when the daemon is killed.
        case memory
        /// In a file under the root.
        case disk
    }

    /// The port of MQTT without TLS (IANA).
    static let plainPort = 1883
    /// The port of MQTT with TLS (IANA).
    static let securePort = 8883
    /// The port that firewalls let through, where AWS tells protocols apart by ALPN.
    static let webPort = 443
    /// AWS' name, by ALPN, of MQTT with a client certificate.
    private static let webProtocol = "x-amzn-mqtt-ca"

    /// AWS' limits for one connection: what is not kept costs messages, or the connection.
    package enum IoTCore {
        /// Publishes a second.
        package static let publishesPerSecond = 100
        /// Bytes a second.
        package static let bytesPerSecond = 512 * 1024
        /// Unacknowledged publishes that the nucleus dares.
        package static let inFlightPublishes = 5
        /// Topic filters.
        package static let filters = 50
        /// Bytes of payload.
        static let payloadBytes = 131_072
    }

    /// Unacknowledged publishes elsewhere: libmosquitto's own default.
    private static let inFlightPublishes = 20

    /// Who plays the cloud.
    package var endpoint = Endpoint.embedded
    /// The port; 0 is any free one, for the embedded broker only.
    package var port = 0
    /// The version of MQTT to try first.
    package var version = MQTTVersion.mqtt5

    /// The path of the authorities that may have signed the broker's certificate; nil: no TLS.
    package var rootCaPath: String?
    /// The path of our certificate.
    package var certificateFilePath: String?
    /// The path of its key, or a `pkcs11:` URI.
    package var privateKeyPath: String?
    /// Through what the broker is reached.
    package var proxy: NetworkProxy?

    /// After how much silence a ping is sent; zero: never.
    package var keepAlive = Duration.seconds(60)
    /// How long the answer to a ping may take.
    package var pingTimeout = Duration.seconds(30)
    /// How long the answer to anything else may take.
    package var operationTimeout = Duration.seconds(30)
    /// How long a TCP connection may take to come about.
    package var socketTimeout = Duration.seconds(3)
    /// The first ceiling of the random wait before the next attempt to connect.
    package var minimumReconnectDelay = Duration.seconds(1)
    /// The last one.
    package var maximumReconnectDelay = Duration.seconds(60)
    /// After how long a connection counts as healthy, so that the waits begin anew.
    package var minimumConnectedTime = Duration.seconds(60)

    /// MQTT 5: how many messages may come down before the first is acknowledged.
    package var receiveMaximum = 100
    /// MQTT 5: for how long the broker keeps the session of a client that is away; AWS' longest.
    package var sessionExpirySeconds = 604_800
    /// MQTT 5: whether what goes up does not come down again.
    package var noLocal = false
    /// How often a message is sent again that failed; nil: without end.
    package var maxPublishRetry: Int? = 100
    /// The most bytes a payload may have.
    package var maxMessageSizeBytes = 131_072
    /// The most bytes of payload that may wait for the link.
    package var spoolerMaxSizeBytes = 2_621_440
    /// Where they wait.
    package var spoolerStorage = Storage.memory
    /// Whether messages of QoS 0 wait for the link too.
    package var keepsQoS0WhenOffline = false

    // What the file says where the default depends on the endpoint; 0 switches a rate off.
    var givenInFlightPublishes: Int?
    var givenPublishesPerSecond: Int?
    var givenBytesPerSecond: Int?

    /// Makes the defaults.
    package init() {}

    /// Whether the broker is AWS IoT Core, by its name.
    package var isIoTCore: Bool {
        guard case .host(let name) = endpoint else { return false }
        let labels = name.lowercased().split(separator: ".")
        return labels.contains("iot")
            && (labels.suffix(2) == ["amazonaws", "com"] || labels.suffix(3) == ["amazonaws", "com", "cn"])
    }

    /// Goes through `proxy`, if that serves the broker's host.
    mutating func use(_ proxy: NetworkProxy?) {
        if case .host(let name) = endpoint, let proxy, proxy.serves(name) { self.proxy = proxy }
    }

    /// How many QoS 1 messages may wait for their acknowledgement at a time.
    package var maxInFlightPublishes: Int {
        givenInFlightPublishes ?? (isIoTCore ? IoTCore.inFlightPublishes : Self.inFlightPublishes)
    }

    /// How many messages go up a second; nil for no limit.
    package var maxPublishesPerSecond: Int? {
        let value = givenPublishesPerSecond ?? (isIoTCore ? IoTCore.publishesPerSecond : 0)
        return value == 0 ? nil : value
    }

    /// How many bytes of payload go up a second; nil for no limit.
    package var maxPublishBytesPerSecond: Int? {
        let value = givenBytesPerSecond ?? (isIoTCore ? IoTCore.bytesPerSecond : 0)
        return value == 0 ? nil : value
    }

    /// What is asked for by ALPN; nil for nothing.
    package var applicationProtocol: String? {
        rootCaPath != nil && port == Self.webPort ? Self.webProtocol : nil
    }

    /// Whether topics must be ones that AWS IoT Core takes: there, and where the embedded broker plays it.
    package var hasIoTCoreTopics: Bool { isIoTCore || endpoint == .embedded }
}
