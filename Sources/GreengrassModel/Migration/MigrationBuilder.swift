internal import TopicRouter

/// Goes through the rows of a table, and gathers what they need.
struct MigrationBuilder {
    private enum Operation: String {
        case publishToTopic = "PublishToTopic"
        case subscribeToTopic = "SubscribeToTopic"
        case publishToIoTCore = "PublishToIoTCore"
        case subscribeToIoTCore = "SubscribeToIoTCore"

        var service: String {
            switch self {
            case .publishToTopic, .subscribeToTopic: IPCService.pubsub
            case .publishToIoTCore, .subscribeToIoTCore: IPCService.mqttProxy
            }
        }
    }

    private struct Key: Hashable {
        let component: String
        let operation: Operation
    }

    private struct Grant {
        var rows: [String] = []
        var resources: [String] = []
    }

    /// What the description of a policy names at most.
    private static let rowsNamedMax = 10

    private let component: String?
    private let components: [LambdaComponent]
    private let functions: DeployedFunctions
    private let policyIDs: Set<String>
    private var grants: [Key: Grant] = [:]
    private var migration = AuthorizationMigration()
    private var flows = MigrationFlows()

    init(_ deployment: Deployment, component: String?) {
        self.component = component
        self.components = deployment.components
        self.functions = DeployedFunctions(deployment.components)
        self.policyIDs = Set(deployment.configuration.componentSettings.policies.map(\.id))
        for component in deployment.components {
            for source in component.parameters.eventSources where source.kind == .pubSub {
                flows.listeners.append(
                    MigrationFlows.Listener(
                        component: component.name.description,
                        filter: source.topic,
                        row: nil
                    )
                )
            }
        }
    }

    mutating func add(_ row: ResolvedSubscription) {
        switch (row.source, row.target) {
        case (.function(let source), .function(let target)):
            guard let source = name(of: source, row), let target = name(of: target, row) else { return }
            addPublisher(source, row, to: target)
            flows.listeners.append(.init(component: target, filter: row.subject, row: row.id))
            addTarget(target, .subscribeToTopic, row, type: "PUB_SUB")
        case (.function(let source), .localBus):
            guard let source = name(of: source, row) else { return }
            addPublisher(source, row, to: nil)
        case (.function(let source), .cloud):
            guard let source = name(of: source, row) else { return }
            flows.uplinks.append(.init(component: source, filter: row.subject, row: row.id))
            if isWanted(source) {
                grant(source, .publishToIoTCore, row, [Self.escaped(row.subject.description)])
                if let spool = row.spool { noteSpool(spool, row, source) }
            }
        case (.cloud, .function(let target)):
            guard let target = name(of: target, row) else { return }
            flows.downlinks.append(.init(component: target, filter: row.subject, row: row.id))
            addTarget(target, .subscribeToIoTCore, row, type: "IOT_CORE")
        case (.cloud, .localBus):
            if component == nil {
                migration.mqttTopicMapping[row.id] = AuthorizationMigration.Mapping(
                    topic: row.subject.description,
                    source: TopicMapping.Place.iotCore.description,
                    target: TopicMapping.Place.pubsub.description
                )
            }
        case (.cloud, .cloud): return
        }
    }

    func finish() -> AuthorizationMigration {
        var migration = migration
        for (key, grant) in grants.sorted(by: { $0.key.component < $1.key.component }) {
            let rows = grant.rows.prefix(Self.rowsNamedMax).joined(separator: ", ")
            let more = grant.rows.count - Self.rowsNamedMax
            let policy = AuthorizationMigration.Policy(
                policyDescription: "From subscriptions.json: \(rows)"
                    + (more > 0 ? " and \(more) more rows" : ""),
                operations: [IPCService.operationPrefix + key.operation.rawValue],
                resources: grant.resources
            )
            migration.accessControl[key.component, default: [:]][key.operation.service, default: [:]][
                id(key)
            ] = policy
        }
        migration.notes += flows.notes(about: component)
        return migration
    }

    /// A name that no policy has yet.
    private func id(_ key: Key) -> String {
        let id = "\(key.component):\(key.operation.rawValue)"
        guard policyIDs.contains(id) else { return id }
        var number = 2
        while policyIDs.contains("\(id):\(number)") { number += 1 }
        return "\(id):\(number)"
    }

    private func isWanted(_ name: String) -> Bool {
        component == nil || component == name
    }

    /// The component of a function; notes when none is deployed.
    private mutating func name(of arn: FunctionARN, _ row: ResolvedSubscription) -> String? {
        if let component = functions.component(of: arn) { return component.name.description }
        if component == nil {
            migration.notes.append(
                "row \(row.id.quoted) is left out: \(arn) is not deployed, "
                    + functions.explainUndeployed(arn)
            )
        }
        return nil
    }

    private mutating func addPublisher(_ name: String, _ row: ResolvedSubscription, to target: String?) {
        flows.publishers.append(
            MigrationFlows.Publisher(component: name, filter: row.subject, row: row.id, target: target)
        )
        guard isWanted(name) else { return }
        let resources = Self.globs(row.subject)
        grant(name, .publishToTopic, row, resources)
        if row.subject.utf8.contains(UInt8(ascii: "+")) {
            migration.notes.append(
                "\(name) may publish on more than row \(row.id.quoted) lets it: \(row.subject) becomes "
                    + "\(resources.joined(separator: " and ")), and * also stands for several levels; "
                    + "policies of this service have no wildcard for one"
            )
        }
    }

    private mutating func addTarget(
        _ name: String,
        _ operation: Operation,
        _ row: ResolvedSubscription,
        type: String
    ) {
        guard isWanted(name) else { return }
        grant(name, operation, row, [Self.escaped(row.subject.description)])
        let source = AuthorizationMigration.Source(topic: row.subject.description, type: type)
        let kind: EventSource.Kind = type == "PUB_SUB" ? .pubSub : .iotCore
        let isThere = components.first { $0.name.description == name }?.parameters.eventSources.contains {
            $0.kind == kind && $0.givenTopic == source.topic
        }
        if isThere != true, migration.eventSources[name]?.contains(source) != true {
            migration.eventSources[name, default: []].append(source)
        }
    }

    private mutating func grant(
        _ name: String,
        _ operation: Operation,
        _ row: ResolvedSubscription,
        _ resources: [String]
    ) {
        guard resources.allSatisfy({ $0.utf8.count <= ResourcePattern.bytesMax }) else {
            migration.notes.append(
                "row \(row.id.quoted) is left out for \(name): a resource has at most "
                    + "\(ResourcePattern.bytesMax) bytes"
            )
            return
        }
        var grant = grants[Key(component: name, operation: operation)] ?? Grant()
        grant.rows.append(row.id)
        for resource in resources where !grant.resources.contains(resource) {
            grant.resources.append(resource)
        }
        grants[Key(component: name, operation: operation)] = grant
    }

    private mutating func noteSpool(_ spool: SpoolPolicy, _ row: ResolvedSubscription, _ source: String) {
        let life = spool.timeToLive.map { "; messageExpiryIntervalSeconds \($0) stands for its ttl" } ?? ""
        migration.notes.append(
            "the spool policy of row \(row.id.quoted) (\(spool)) has no counterpart in PublishToIoTCore, "
                + "where \(source) says how its messages wait by their QoS alone\(life)"
        )
    }

    /// The resources that stand for every topic that `filter` matches.
    private static func globs(_ filter: TopicFilter) -> [String] {
        let levels = filter.description.split(separator: "/", omittingEmptySubsequences: false)
        let texts = levels.map { $0 == "+" || $0 == "#" ? "*" : escaped(String($0)) }
        let text = texts.joined(separator: "/")
        let parent = texts.dropLast().joined(separator: "/")
        // There is no empty topic.
        return levels.last == "#" && !parent.isEmpty ? [parent, text] : [text]
    }

    /// The resource that stands for this text alone.
    private static func escaped(_ text: String) -> String {
        text.replacing("${", with: "\u{0}").replacing("*", with: "${*}").replacing("?", with: "${?}")
            .replacing("\u{0}", with: "${$}{")
    }
}
