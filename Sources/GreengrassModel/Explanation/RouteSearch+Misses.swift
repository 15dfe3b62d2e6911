import TopicRouter

/// What the message nearly meets.
extension RouteSearch {
    /// A row or an event source that does not match.
    private enum Candidate {
        case row(RowMismatch)
        /// The event source is on a bus that the message reaches, and its topic is another.
        case otherTopic(EventSource, LambdaComponent, TopicMismatch)
        /// The topic is right, and the message does not reach the bus.
        case otherBus(EventSource, LambdaComponent)

        var distance: Int {
            switch self {
            case .row(let mismatch): mismatch.distance
            case .otherTopic(_, _, let mismatch): mismatch.distance
            case .otherBus: 1
            }
        }
    }

    /// What comes nearest, at most `countMax`, and no farther than `distanceMax`; what leads to a target that
    /// is reached anyway is left out.
    func misses(countMax: Int, distanceMax: Int) -> [Explanation.Miss] {
        let rows = table.rows.compactMap(candidate)
        let eventSources = deployed.components.flatMap { component in
            isReached(.function(component.arn))
                ? []
                : component.parameters.eventSources.compactMap { candidate($0, of: component) }
        }
        return (rows + eventSources).filter { $0.distance <= distanceMax }
            .nearest(countMax, by: \.distance)
            .map(miss)
    }

    private func candidate(_ row: ResolvedSubscription) -> Candidate? {
        guard !isReached(row.target) else { return nil }
        // No row takes from the local bus; one for a function shows what an event source could do.
        if source == .localBus, row.target == .cloud { return nil }
        return RowMismatch(row, source, topic).map(Candidate.row)
    }

    private func candidate(_ eventSource: EventSource, of component: LambdaComponent) -> Candidate? {
        guard let mismatch = TopicMismatch(eventSource.topic, topic) else {
            return reaches(eventSource.kind) ? nil : .otherBus(eventSource, component)
        }
        let isOnBus = eventSource.kind == .pubSub ? reaches(.pubSub) : source == .cloud
        return isOnBus && mismatch.isNear ? .otherTopic(eventSource, component, mismatch) : nil
    }

    private func miss(_ candidate: Candidate) -> Explanation.Miss {
        switch candidate {
        case .row(let mismatch):
            Explanation.Miss(
                entry: Explanation.Entry(mismatch.row),
                subject: mismatch.row.subject.description,
                target: mismatch.row.target.description,
                reason: mismatch.reason,
                fix: fix(of: mismatch)
            )
        case .otherTopic(let eventSource, let component, let mismatch):
            miss(
                eventSource,
                of: component,
                reason: mismatch.reason,
                fix: mismatch.fix(changing: "the topic of the event source")
            )
        case .otherBus(let eventSource, let component):
            miss(
                eventSource,
                of: component,
                reason: otherBusReason(eventSource.kind),
                fix: otherBusFix(eventSource.kind, component)
            )
        }
    }

    private func miss(
        _ eventSource: EventSource,
        of component: LambdaComponent,
        reason: String,
        fix: String
    ) -> Explanation.Miss {
        Explanation.Miss(
            entry: Explanation.Entry(eventSource, of: component),
            subject: eventSource.topic.description,
            target: component.arn.description,
            reason: reason,
            fix: fix
        )
    }
}

/// What would make a row match.
extension RouteSearch {
    private func fix(of mismatch: RowMismatch) -> String {
        let topicFix = mismatch.topic.map { $0.fix(changing: "its subject") }
        let sourceFix = mismatch.source.map { fix(of: $0, mismatch.row) }
        return [sourceFix, topicFix].compactMap(\.self).joined(separator: "; and ")
    }

    private func fix(of mismatch: SourceMismatch, _ row: ResolvedSubscription) -> String {
        switch mismatch {
        case .version(let here, let there), .place(let here, let there):
            if let component = deployed.component(of: here) {
                return "set its source to \(here), or to component:\(component.name), which needs no version"
            }
            return deployed.contains(there)
                ? "ask about \(there), which is deployed" : "set its source to \(here), and deploy that"
        case .other(.localBus, _):
            return "no row takes from the local bus; give \(nameToWrite(of: row.target)) an event source of "
                + "type PUB_SUB with the topic \(topic.description.quoted)"
        case .other:
            return "add a row like it with the source \(sourceToWrite)"
        }
    }

    /// What a row says for the source: a component's name if possible, since it outlives the version.
    private var sourceToWrite: String {
        switch source {
        case .function(let arn): nameToWrite(of: .function(arn))
        case .cloud, .localBus: source.description
        }
    }

    private func nameToWrite(of target: ResolvedTarget) -> String {
        guard case .function(let arn) = target, let component = deployed.component(of: arn) else {
            return target.description
        }
        return "component:\(component.name)"
    }
}

/// What would bring the message to an event source on another bus.
extension RouteSearch {
    private func otherBusReason(_ kind: EventSource.Kind) -> String {
        switch (source, kind) {
        case (.function, .pubSub): "it listens on the local bus, and no row carries the message there"
        case (.function, .iotCore): "it listens to the cloud, and no row carries the message there"
        case (_, .pubSub): "other bus: it listens on the local bus, and the message comes from the cloud"
        case (_, .iotCore): "other bus: it listens to the cloud, and the message is on the local bus"
        }
    }

    private func otherBusFix(_ kind: EventSource.Kind, _ component: LambdaComponent) -> String {
        let subject = topic.description.quoted
        let row = "add a row with the source \(sourceToWrite), the subject \(subject) and the target"
        switch (source, kind) {
        case (.function, .pubSub):
            return "\(row) pubsub"
        case (.function, .iotCore):
            let type = reaches(.pubSub) ? "set the type of the event source to PUB_SUB, or " : ""
            let throughCloud = conditions.cloud == .off ? "" : "cloud, or "
            return "\(type)\(row) \(throughCloud)component:\(component.name)"
        case (_, .pubSub):
            return "set the type of the event source to IOT_CORE, or \(row) pubsub"
        case (_, .iotCore):
            return "set the type of the event source to PUB_SUB"
        }
    }
}

extension TopicMismatch {
    /// What would make the filter match, which `subject` names.
    fileprivate func fix(changing subject: String) -> String {
        let ways = [
            fittingFilter.map { "set \(subject) to \($0.description.quoted)" },
            fittingTopic.map { "publish on \($0.description.quoted)" },
        ]
        let known = ways.compactMap(\.self).joined(separator: ", or ")
        return known.isEmpty ? "make \(subject) match the topic" : known
    }
}
