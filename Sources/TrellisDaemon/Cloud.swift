internal import Broker
internal import GreengrassModel
internal import LambdaLauncher
internal import Logging
internal import MQTTBridge
internal import NIOCore

/// The daemon's way to the cloud: the bridge, and the embedded mosquitto when that stands in for the cloud.
struct Cloud: Sendable {
    /// How long what waits may take to leave when the daemon ends.
    static let shutdownGrace = Duration.seconds(1)

    /// As configured: `embedded` or a host name.
    let endpoint: String
    let host: String
    let port: Int
    /// How many messages were waiting on the disk.
    let restoredCount: Int
    private let mosquitto: EmbeddedMosquitto?
    private let bridge: MQTTBridge

    /// Starts what `configuration` asks for, and makes it the broker's uplink; it connects with `connect`.
    ///
    /// - Returns: `nil` when the cloud is switched off.
    /// - Throws: `DaemonError` when the embedded mosquitto can't be had.
    static func start(
        configuration: TrellisConfiguration,
        root: borrowing RootFolder,
        broker: Broker,
        launcher: ProcessLauncher,
        eventLoop: any EventLoop,
        logger: Logger
    ) async throws -> Cloud? {
        var mosquitto: EmbeddedMosquitto?
        let host: String
        let port: Int
        switch configuration.mqtt.endpoint {
        case .none:
            return nil
        case .embedded:
            let embedded = try EmbeddedMosquitto(
                folder: root.mosquitto,
                wantedPort: configuration.mqtt.port,
                logFolder: root.logs,
                launcher: launcher,
                eventLoop: eventLoop,
                logger: logger
            )
            try await embedded.start()
            mosquitto = embedded
            (host, port) = ("127.0.0.1", embedded.port)
        case .host(let name):
            (host, port) = (name, configuration.mqtt.port)
        }
        let bridge = try MQTTBridge(
            name: "cloud",
            configuration: MQTTBridgeConfiguration(
                configuration.mqtt,
                host: host,
                port: port,
                clientID: configuration.thingName,
                spoolPath: configuration.mqtt.spoolPath(in: root.path, logger: logger)
            ),
            bus: .cloud,
            broker: broker,
            eventLoop: eventLoop,
            logger: logger
        )
        broker.setUplink(bridge)
        return Cloud(
            endpoint: mosquitto == nil ? host : "embedded",
            host: host,
            port: port,
            restoredCount: bridge.restoredCount,
            mosquitto: mosquitto,
            bridge: bridge
        )
    }

    /// Connects, once whoever is to get what waits up there is subscribed.
    func connect() throws {
        try bridge.start()
    }

    /// Where the link stands.
    var state: CloudLinkState { bridge.state }

    /// Why there is no connection.
    var problem: String? { bridge.problem }

    /// Sends what waits, within a second, and ends the embedded mosquitto.
    func stop() async {
        await bridge.shutdown(grace: Self.shutdownGrace)
        await mosquitto?.stop()
    }
}
