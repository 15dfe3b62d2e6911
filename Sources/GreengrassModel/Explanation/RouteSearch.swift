import TopicRouter

/// Goes the way of the broker's publisher, and finds what a message meets and what it nearly meets.
///
/// Looks at every row and every event source.
struct RouteSearch {
    let source: ExplanationSource
    let topic: TopicName
    let table: SubscriptionTable
    let deployed: DeployedFunctions
    let mappings: [TopicMapping]
    let conditions: RoutingConditions

    /// Everything that matches: in the order of the table, then of the components.
    private(set) var matches: [Explanation.Match] = []
    /// How each target that matches stands; `pubsub` is none.
    private(set) var targets: [ResolvedTarget: TargetCondition] = [:]
    /// How the targets of the mappings that match stand.
    private var mappedTargets: [TargetCondition] = []
    /// The first row that leads to the local bus.
    private(set) var rowToLocalBus: ResolvedSubscription?
    /// What led to each target first.
    private var firstEntries: [ResolvedTarget: Explanation.Entry] = [:]

    init(
        source: ExplanationSource,
        topic: TopicName,
        table: SubscriptionTable,
        deployed: DeployedFunctions,
        mappings: [TopicMapping],
        conditions: RoutingConditions
    ) {
        self.source = source
        self.topic = topic
        self.table = table
        self.deployed = deployed
        self.mappings = mappings
        self.conditions = conditions
        for row in table.rows where ExplanationSource(row.source) == source && row.subject.matches(topic) {
            if row.target == .localBus { addRowToLocalBus(row) } else { add(row) }
        }
        if let kind = source.eventSourceKind { addListeners(of: kind, through: nil) }
    }

    /// How everything that gets the message stands.
    var fates: [TargetCondition] { targets.values + mappedTargets }

    /// Whether the message reaches event sources of this type, be it when it comes down from the cloud again.
    func reaches(_ kind: EventSource.Kind) -> Bool {
        switch kind {
        case .pubSub: source == .localBus || rowToLocalBus != nil
        case .iotCore: source == .cloud || targets[.cloud] != nil
        }
    }

    /// Whether what leads to `target` can add nothing.
    func isReached(_ target: ResolvedTarget) -> Bool {
        target == .localBus ? reaches(.pubSub) : targets[target] != nil
    }

    private mutating func add(_ row: ResolvedSubscription) {
        let isFirst = firstEntries[row.target] == nil
        var match = makeMatch(Explanation.Entry(row), subject: row.subject, target: row.target, through: nil)
        if row.target == .cloud, isFirst, match.takes, let echo = echoRemark {
            match.remarks.append(echo)
        }
        matches.append(match)
    }

    private mutating func addRowToLocalBus(_ row: ResolvedSubscription) {
        var match = makeMatch(Explanation.Entry(row), subject: row.subject, target: .localBus, through: nil)
        let place = matches.count
        if rowToLocalBus == nil {
            rowToLocalBus = row
            addListeners(of: .pubSub, through: row.id)
            if matches.count == place { match.remarks.append("nobody listens on the local bus for it") }
        }
        matches.insert(match, at: place)
    }

    private mutating func addListeners(of kind: EventSource.Kind, through rowID: String?) {
        for component in deployed.components {
            for eventSource in component.parameters.eventSources
            where eventSource.kind == kind && eventSource.topic.matches(topic) {
                matches.append(
                    makeMatch(
                        Explanation.Entry(eventSource, of: component),
                        subject: eventSource.topic,
                        target: .function(component.arn),
                        through: rowID
                    )
                )
            }
        }
        for mapping in mappings where mapping.source.eventSourceKind == kind && mapping.topic.matches(topic) {
            add(mapping, through: rowID)
        }
    }

    private mutating func add(_ mapping: TopicMapping, through rowID: String?) {
        // Such a mapping is not in force.
        guard mapping.target != .iotCore || conditions.cloud != .off else { return }
        let condition = conditions.condition(of: mapping.target)
        mappedTargets.append(condition)
        let arriving = "\(mapping.targetTopicPrefix)\(topic)".quoted
        matches.append(
            Explanation.Match(
                entry: .mapping(id: mapping.id),
                subject: mapping.topic.description,
                target: mapping.target.description,
                through: rowID,
                takes: condition.fate == .taken,
                problem: condition.problem,
                fix: condition.fix,
                remarks: condition.remarks
                    + [
                        mapping.target == .pubsub
                            ? "it is published there on \(arriving): ask with the source pubsub who gets it"
                            : "it is published there on \(arriving)"
                    ]
            )
        )
    }

    private mutating func makeMatch(
        _ entry: Explanation.Entry,
        subject: TopicFilter,
        target: ResolvedTarget,
        through rowID: String?
    ) -> Explanation.Match {
        let condition = targets[target] ?? conditions.condition(of: target, among: deployed)
        if target != .localBus { targets[target] = condition }
        var remarks = condition.remarks
        if let first = firstEntries[target] {
            remarks = ["the same target as that of \(first.name); it gets the message once"]
        } else {
            firstEntries[target] = entry
        }
        return Explanation.Match(
            entry: entry,
            subject: subject.description,
            target: target.description,
            through: rowID,
            takes: condition.fate == .taken,
            problem: condition.problem,
            fix: condition.fix,
            remarks: remarks
        )
    }

    /// Who gets what goes up to the cloud when it comes down again; `nil` when nobody does.
    private var echoRemark: String? {
        guard source != .cloud else { return nil }
        let rows = table.rows.filter { $0.source == .cloud && $0.subject.matches(topic) }
            .map { Explanation.Entry($0).name }
        let listeners = deployed.components.flatMap { component in
            component.parameters.eventSources
                .filter { $0.kind == .iotCore && $0.topic.matches(topic) }
                .map { Explanation.Entry($0, of: component).name }
        }
        let takers = rows + listeners
        guard let first = takers.first else { return nil }
        let others = takers.count > 1 ? " and \(takers.count - 1) more" : ""
        return "what goes up comes down again, for \(first)\(others)"
    }
}

extension ExplanationSource {
    /// The type of the event sources that are on this bus.
    fileprivate var eventSourceKind: EventSource.Kind? {
        switch self {
        case .function: nil
        case .cloud: .iotCore
        case .localBus: .pubSub
        }
    }
}

extension TopicMapping.Place {
    /// The type of the event sources that are on this bus.
    fileprivate var eventSourceKind: EventSource.Kind? {
        switch self {
        case .pubsub: .pubSub
        case .iotCore: .iotCore
        case .endpoint: nil
        }
    }
}
