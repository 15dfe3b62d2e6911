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

    /// The port of MQTT without TLS (IANA).
    static let plainPort = 1883

    /// Who plays the cloud.
    package var endpoint = Endpoint.embedded
    /// The port; 0 is any free one, for the embedded broker only.
    package var port = 0
    /// After how much silence a ping is sent; zero: never.
    package var keepAlive = Duration.seconds(60)
    /// How long the answer to a ping may take.
    package var pingTimeout = Duration.seconds(30)
    /// How long the answer to anything else may take.
    package var operationTimeout = Duration.seconds(30)
    /// How many QoS 1 messages may wait for their acknowledgement at a time.
    package var maxInFlightPublishes = 5
    /// The most bytes a payload may have.
    package var maxMessageSizeBytes = 131_072
    /// The most bytes of payload that may wait for the link.
    package var spoolerMaxSizeBytes = 2_621_440

    /// Makes the defaults.
    package init() {}
}
