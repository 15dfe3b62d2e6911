internal import Broker
internal import GreengrassModel
internal import Logging
internal import MQTTBridge
internal import NIOCore
internal import TopicRouter

/// The links beside the one to the cloud: to further brokers, and to the cloud for groups that share
/// messages.
///
/// Mappings of topics lead from one to another.
struct FurtherLinks: Sendable {
    /// One link.
    struct Link: Sendable {
        let name: String
        let host: String
        let port: Int
        let bridge: MQTTBridge
        let bus: BusID

        /// Where it stands.
        var state: CloudLinkState { bridge.state }

        /// Why there is no connection.
        var problem: String? { bridge.problem }
    }

    let links: [Link]

    /// Makes a bridge for each link, which connects with `connect`, and puts the mappings into force.
    static func start(
        _ deployment: Deployment,
        cloud: Cloud?,
        root: String,
        broker: Broker,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws -> FurtherLinks {
        let configuration = deployment.configuration
        func link(
            _ name: String,
            to host: String,
            _ settings: MQTTBridgeConfiguration,
            bus: BusID
        ) throws -> Link {
            let bridge = try MQTTBridge(
                name: name,
                configuration: settings,
                bus: bus,
                broker: broker,
                eventLoop: eventLoop,
                logger: logger
            )
            broker.setLink(bridge, of: bus)
            return Link(name: name, host: host, port: settings.port, bridge: bridge, bus: bus)
        }
        var links = try configuration.endpoints.compactMap { endpoint -> Link? in
            guard case .host(let host) = endpoint.settings.endpoint else { return nil }
            let settings = MQTTBridgeConfiguration(
                endpoint.settings,
                host: host,
                port: endpoint.settings.port,
                clientID: "\(configuration.thingName)-\(endpoint.name)",
                spoolPath: endpoint.settings.spoolPath(in: root, of: endpoint.name, logger: logger)
            )
            return try link(endpoint.name, to: host, settings, bus: broker.addEndpointBus())
        }
        for group in deployment.components.shareGroups.sorted() {
            guard let cloud else {
                logger.warning("the cloud is switched off: nothing comes to the group \(group)")
                continue
            }
            var settings = MQTTBridgeConfiguration(
                configuration.mqtt,
                host: cloud.host,
                port: cloud.port,
                clientID: "\(configuration.thingName)-share-\(group)",
                spoolPath: nil
            )
            settings.shareGroup = group
            // A protocol error for what is shared (MQTT 5, 3.8.3.1).
            settings.hasNoLocal = false
            links.append(
                try link(
                    "$share/\(group)",
                    to: cloud.host,
                    settings,
                    bus: broker.bus(ofShareGroup: group)
                )
            )
        }
        let further = FurtherLinks(links: links)
        for mapping in configuration.topicMappings {
            further.apply(mapping, to: broker, eventLoop: eventLoop, logger: logger)
        }
        return further
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
        case .endpoint(let name): links.first { $0.name == name }?.bus
        }
    }

    private func link(of place: TopicMapping.Place, broker: Broker) -> (any CloudLink)? {
        switch place {
        case .pubsub: nil
        case .iotCore: broker.uplink
        case .endpoint(let name): links.first { $0.name == name }?.bridge
        }
    }

    /// Connects, once whoever is to get what waits up there is subscribed.
    func connect() throws {
        for link in links {
            try link.bridge.start()
        }
    }

    /// Sends what waits, within a second.
    func stop() async {
        await withTaskGroup(of: Void.self) { group in
            for link in links {
                group.addTask { await link.bridge.shutdown(grace: Cloud.shutdownGrace) }
            }
        }
    }
}

extension [LambdaComponent] {
    /// The groups in which functions share messages from the cloud with other nodes.
    var shareGroups: Set<String> {
        Set(flatMap { $0.parameters.eventSources.compactMap(\.shareGroup) })
    }
}
