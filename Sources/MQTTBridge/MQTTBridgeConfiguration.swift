package import GreengrassModel

/// How a bridge reaches its broker, and within which limits.
///
/// The defaults are those of the Greengrass nucleus where it has the setting; `docs/mqtt.md` has the table.
package struct MQTTBridgeConfiguration: Sendable {
    /// The broker's host name or address.
    package var host: String
    /// The broker's TCP port.
    package var port: Int
    /// The MQTT client id: the thing's name, so that the broker finds the session again.
    ///
    /// Further connections are `ID#2`, `ID#3` and so on.
    package var clientID: String
    /// The version that is tried first; MQTT 3.1.1 follows when the broker refuses MQTT 5.
    package var version = MQTTVersion.mqtt5
    /// How the connection is protected; nil for plain TCP.
    package var tls: MQTTTransportSecurity?
    /// Through what the broker is reached; nil for the straight way.
    package var proxy: NetworkProxy?

    /// How long the connection may be idle before it is probed, in whole seconds; zero for never.
    ///
    /// libmosquitto takes 5 s to 65,535 s: what is outside counts as the nearest of the two.
    package var keepAlive = Duration.seconds(60)
    /// How long the answer to a probe may take.
    package var pingTimeout = Duration.seconds(30)
    /// How long the broker may take to answer a CONNECT, SUBSCRIBE, UNSUBSCRIBE or PUBLISH at QoS 1.
    package var operationTimeout = Duration.seconds(30)
    /// How long a TCP connection may take to come about.
    package var socketTimeout = Duration.seconds(3)
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

    /// MQTT 5: how many messages the broker may send before the first is acknowledged, 1 to 65,535.
    package var receiveMaximum = 100
    /// MQTT 5: for how long the broker keeps the session of a client that is away, in seconds.
    package var sessionExpirySeconds: UInt32 = 604_800
    /// MQTT 5: whether what the bridge publishes does not come back down, even where it is subscribed.
    package var hasNoLocal = false
    /// The group with which this bridge shares messages (MQTT 5, 4.8.2): every filter is subscribed as
    /// `$share/GROUP/FILTER`, and each message goes to one bridge of the group.
    ///
    /// Such a bridge acknowledges a message when it is done with, and not when it is taken: if it dies with
    /// the message in a queue, the broker still has it.
    package var shareGroup: String?
    /// How many filters one connection subscribes; what is beyond goes to further connections.
    package var filtersPerConnectionMax = Int.max
    /// How fast messages go up; nil for as fast as the broker takes them.
    package var publishRate: PublishRate?
    /// How many messages the broker may owe an acknowledgement for, 1 to 65,535; libmosquitto's own default.
    package var inFlightMax = 20
    /// How often a message is sent again that the broker refused for now; nil for without end.
    package var publishRetryMax: Int? = 100
    /// How many bytes of payload wait for the broker at most (`spooler.maxSizeInBytes`).
    package var spoolBytesMax = 2_621_440
    /// The file in which messages wait (`spooler.storageType` is `Disk`); nil: they wait in memory.
    package var spoolPath: String?
    /// The most pages of 4 KiB that the spool's file may have, for tests; nil: as many as there is room for.
    package var spoolPageCountMax: Int?
    /// Whether QoS 0 waits for a connection (`spooler.keepQos0WhenOffline`).
    package var keepsQoS0WhenOffline = false
    /// The largest payload, in bytes, that goes up or comes down (`maxMessageSizeInBytes`; AWS' own limit).
    package var messageBytesMax = 131_072
    /// Whether topics must be ones that AWS IoT Core takes.
    package var hasIoTCoreTopics = false

    /// Makes the configuration of a bridge to `host`; everything else has its default.
    package init(host: String, port: Int, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }
}
