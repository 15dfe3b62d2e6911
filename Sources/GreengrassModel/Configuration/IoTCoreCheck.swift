import TopicRouter

/// What the documents say that AWS IoT Core, or the broker that plays it, will not take.
struct IoTCoreCheck {
    private let mqtt: MQTTSettings
    private let thingName: String
    private let mappings: [TopicMapping]

    init(_ configuration: TrellisConfiguration) {
        mqtt = configuration.mqtt
        thingName = configuration.thingName
        mappings = configuration.topicMappings
    }

    /// Warns of rows for which nothing can go up or come down.
    func check(_ table: SubscriptionTable, log: DiagnosticLog) {
        guard mqtt.hasIoTCoreTopics else { return }
        for row in table.rows {
            let problem: String?
            if row.source == .cloud {
                problem = IoTCoreTopic.problem(of: row.subject).map { "nothing comes down: \($0)" }
            } else if row.target == .cloud, !row.subject.hasWildcard {
                problem = (try? TopicName(row.subject.description)).flatMap(IoTCoreTopic.problem(of:))
                    .map { "every message is refused: \($0)" }
            } else {
                problem = nil
            }
            guard let problem else { continue }
            log.add(
                .warning,
                "found \(row.subject.description.quoted); \(problem)",
                at: row.place,
                keyPath: "subscriptions".keyPath(appending: row.id)
            )
        }
    }

    /// Warns of event sources from which nothing comes.
    func check(_ files: [ComponentFile]) {
        guard mqtt.hasIoTCoreTopics else { return }
        for file in files {
            for source in file.component.parameters.eventSources where source.kind == .iotCore {
                guard let problem = IoTCoreTopic.problem(of: source.topic) else { continue }
                file.name.warn(
                    "nothing comes from the event source \(source.topic.description.quoted): \(problem)"
                )
            }
        }
    }

    /// Warns when one connection can't subscribe everything.
    func check(_ table: SubscriptionTable, _ components: [LambdaComponent], log: DiagnosticLog?) {
        guard mqtt.isIoTCore else { return }
        let subjects = table.rows.filter { $0.source == .cloud }.map(\.subject)
        // A group has connections of its own.
        let sources = components.flatMap(\.parameters.eventSources)
            .filter { $0.kind == .iotCore && $0.shareGroup == nil }
        let mapped = mappings.filter { $0.source == .iotCore }
        let count = Set(subjects + sources.map(\.topic) + mapped.map(\.topic)).coveringSet().count
        let connectionCount = (count + MQTTSettings.IoTCore.filters - 1) / MQTTSettings.IoTCore.filters
        guard connectionCount > 1 else { return }
        log?.add(
            .warning,
            "\(count) topic filters are to come from AWS IoT Core, which takes "
                + "\(MQTTSettings.IoTCore.filters) on a connection: \(connectionCount) connections are made, "
                + "and the policy must let \(thingName), \(thingName)#2 and so on connect",
            at: SourcePlace(line: 1, column: 1),
            keyPath: "mqtt"
        )
    }
}
