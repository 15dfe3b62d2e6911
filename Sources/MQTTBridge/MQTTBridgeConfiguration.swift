/// How a bridge reaches its broker, and within which limits.
///
/// The defaults are those of the Greengrass nucleus where it has the setting; `docs/mqtt.md` has the table.
package struct MQTTBridgeConfiguration: Sendable {
    /// The broker's host name or address.
    package var host: String
    /// The broker's TCP port.
    package var port: Int
    /// The MQTT client id: the thing's name, so that the broker finds the session again.
    package var clientID: String

    /// How long the connection may be idle before it is probed, in whole seconds; zero for never.
    ///
    /// libmosquitto takes 5 s to 65,535 s: what is outside counts as the nearest of the two.
    package var keepAlive = Duration.seconds(60)
    /// How long a CONNACK, SUBACK or UNSUBACK may take before the connection counts as lost.
    package var operationTimeout = Duration.seconds(30)
    /// The first ceiling of the random wait before a new attempt to connect; it doubles with every failure.
    package var reconnectDelayMin = Duration.seconds(1)
    /// The last ceiling of that wait.
    package var reconnectDelayMax = Duration.seconds(60)
    /// The least time between two attempts: AWS IoT Core takes one a second for a client id.
    ///
    /// Zero is right for a broker of our own.
    package var connectIntervalMin = Duration.seconds(1)
    /// How long a connection must have lasted for its end to start the waits from the first ceiling again.
    package var connectedTimeBeforeReset = Duration.seconds(60)

    /// How many messages the broker may owe an acknowledgement for, 1 to 65,535; libmosquitto's own default.
    package var inFlightMax = 20
    /// How many bytes of payload wait for the broker at most (`spooler.maxSizeInBytes`).
    package var spoolBytesMax = 2_621_440
    /// The largest payload, in bytes, that goes up or comes down (`maxMessageSizeInBytes`; AWS' own limit).
    package var messageBytesMax = 131_072

    /// Makes the configuration of a bridge to `host`; everything else has its default.
    package init(host: String, port: Int, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }
}
