internal import TopicRouter

extension TrellisConfiguration {
    private static let endpointsMax = 16
    private static let endpointNameLengthMax = 64
    private static let mappingsMax = 1_000

    /// Reads `mqttEndpoints` and `mqttTopicMapping`.
    ///
    /// Relative paths begin at `folder`.
    mutating func readTopicMappings(
        endpoints: DocumentNode?,
        mappings: DocumentNode?,
        folder: String,
        proxy: NetworkProxy?
    ) {
        for entry in endpoints?.entries() ?? [] {
            readEndpoint(entry.key, entry.node, folder: folder, proxy: proxy)
        }
        for entry in mappings?.entries() ?? [] {
            guard topicMappings.count < Self.mappingsMax else {
                mappings?.reject("at most \(Self.mappingsMax) mappings are served")
                break
            }
            if let mapping = readMapping(entry.key, entry.node) {
                topicMappings.append(mapping)
            }
        }
        if let log = mappings?.log {
            LoopSearch(mappings: topicMappings).report(to: log)
        }
    }

    private mutating func readEndpoint(
        _ name: String,
        _ node: DocumentNode,
        folder: String,
        proxy: NetworkProxy?
    ) {
        guard endpoints.count < Self.endpointsMax else {
            node.reject("at most \(Self.endpointsMax) brokers are served beside the cloud")
            return
        }
        let isName = name.isMade { $0.isLetter || $0.isNumber || "-_".contains($0) }
        // Dead letters call the link to the cloud `cloud`.
        guard isName, (1...Self.endpointNameLengthMax).contains(name.count), name != "cloud",
            case .endpoint = TopicMapping.Place(name)
        else {
            node.reject(
                "the name of a broker is 1 to \(Self.endpointNameLengthMax) letters, digits, - and _, and "
                    + "neither Pubsub nor IotCore nor cloud",
                found: name.quoted
            )
            return
        }
        var settings = MQTTSettings()
        settings.read(node, folder: folder)
        settings.use(proxy)
        guard case .host = settings.endpoint else {
            node.reject("a broker beside the cloud needs an \"endpoint\": its host name or address")
            return
        }
        endpoints.append(NamedEndpoint(name: name, settings: settings))
    }

    private func readMapping(_ id: String, _ node: DocumentNode) -> TopicMapping? {
        guard var object = node.object() else { return nil }
        let topic = object.required("topic")?.topicFilter()
        let source = object.required("source").flatMap(readPlace)
        let target = object.required("target").flatMap(readPlace)
        let prefixNode = object.optional("targetTopicPrefix")
        object.warnOfUnknownKeys()
        let prefix = prefixNode.map { $0.string() } ?? ""
        guard let topic, let source, let target, let prefix else { return nil }
        guard source != target else {
            node.reject(
                "the source and the target of a mapping are different ones",
                found: "twice \(source.description.quoted)"
            )
            return nil
        }
        // Any topic that the filter matches is at least as long as a prefix with one level after it.
        guard (try? TopicName(prefix + "x")) != nil else {
            prefixNode?.reject("a prefix is the beginning of a topic, without the wildcards + and #")
            return nil
        }
        return TopicMapping(
            id: id,
            topic: topic,
            source: source,
            target: target,
            targetTopicPrefix: prefix,
            place: node.value.place
        )
    }

    private func readPlace(_ node: DocumentNode) -> TopicMapping.Place? {
        guard let name = node.filledString() else { return nil }
        let place = TopicMapping.Place(name)
        if case .endpoint = place, !endpoints.contains(where: { $0.name == name }) {
            let names = ["Pubsub", "IotCore"] + endpoints.map(\.name)
            node.reject(
                "allowed is \(names.map(\.quoted).joined(separator: ", ")); name another broker in "
                    + "mqttEndpoints"
            )
            return nil
        }
        return place
    }
}
