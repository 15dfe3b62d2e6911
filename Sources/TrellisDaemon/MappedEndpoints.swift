internal import Broker
internal import GreengrassModel
internal import Logging
internal import MQTTBridge
internal import NIOCore
internal import TopicRouter

/// The MQTT brokers beside the cloud, and the mappings of topics between them, the cloud and the components.
struct MappedEndpoints: Sendable {
    /// One broker.
    struct Endpoint: Sendable {
        let name: String
        let host: String
        let port: Int
        let bridge: MQTTBridge
        let bus: BusID

        /// Where the link stands.
        var state: CloudLinkState { bridge.state }
    }

    let endpoints: [Endpoint]

    /// Makes a bridge for each broker, which connects with `connect`, and puts the mappings into force.
    static func start(
        configuration: TrellisConfiguration,
        broker: Broker,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws -> MappedEndpoints {
        let mapped = MappedEndpoints(
            endpoints: try configuration.endpoints.map {
                try endpoint(
                    $0,
                    thingName: configuration.thingName,
                    broker: broker,
                    eventLoop: eventLoop,
                    logger: logger
                )
            }
        )
        for mapping in configuration.topicMappings {
            mapped.apply(mapping, to: broker, eventLoop: eventLoop, logger: logger)
        }
        return mapped
    }

    private static func endpoint(
        _ endpoint: NamedEndpoint,
        thingName: String,
        broker: Broker,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws -> Endpoint {
        guard case .host(let host) = endpoint.settings.endpoint else {
            throw DaemonError("the broker \(endpoint.name) has no host")
        }
        let bus = broker.addEndpointBus()
        let bridge = try MQTTBridge(
            name: endpoint.name,
            configuration: MQTTBridgeConfiguration(
                endpoint.settings,
                host: host,
                port: endpoint.settings.port,
                clientID: "\(thingName)-\(endpoint.name)"
            ),
            eventLoop: eventLoop,
            logger: logger,
            observer: broker.observer,
            onDrop: { message, reason in broker.keepDead(message, target: endpoint.name, reason: reason) },
            makeReceiver: {
                let publisher = broker.makePublisher()
                return { message in _ = publisher.publish(message, on: bus) }
            }
        )
        broker.setLink(bridge, of: bus)
        return Endpoint(
            name: endpoint.name,
            host: host,
            port: endpoint.settings.port,
            bridge: bridge,
            bus: bus
        )
    }

    private func apply(
        _ mapping: TopicMapping,
        to broker: Broker,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        let name = "mapping \(mapping.id)"
        guard let bus = bus(of: mapping.source) else { return }
        switch mapping.target {
        case .pubsub:
            broker.mapToLocal(
                mapping.topic,
                on: bus,
                eventLoop: eventLoop,
                prefix: mapping.targetTopicPrefix,
                name: name
            )
        case .iotCore, .endpoint:
            guard let link = link(of: mapping.target, broker: broker) else {
                logger.warning("\(name): the cloud is switched off, and so is this mapping")
                return
            }
            broker.map(mapping.topic, on: bus, to: link, prefix: mapping.targetTopicPrefix, name: name)
        }
    }

    private func bus(of place: TopicMapping.Place) -> BusID? {
        switch place {
        case .pubsub: .local
        case .iotCore: .cloud
        case .endpoint(let name): endpoints.first { $0.name == name }?.bus
        }
    }

    private func link(of place: TopicMapping.Place, broker: Broker) -> (any CloudLink)? {
        switch place {
        case .pubsub: nil
        case .iotCore: broker.uplink
        case .endpoint(let name): endpoints.first { $0.name == name }?.bridge
        }
    }

    /// Connects, once whoever is to get what waits up there is subscribed.
    func connect() throws {
        for endpoint in endpoints {
            try endpoint.bridge.start()
        }
    }

    /// Sends what waits, within a second for each.
    func stop() async {
        for endpoint in endpoints {
            await endpoint.bridge.shutdown(grace: Cloud.shutdownGrace)
        }
    }
}
