import TopicRouter

/// Reads the rows of `subscriptions.json` and resolves what they name.
struct SubscriptionReader {
    let functions: DeployedFunctions

    /// A row, and its values for what there is to say about them.
    private struct Row {
        let subscription: Subscription
        let node: DocumentNode
        let source: DocumentNode
        let target: DocumentNode
    }

    /// What two rows must not have in common.
    private struct Route: Hashable {
        let source: ResolvedSource
        let subject: TopicFilter
        let target: ResolvedTarget
    }

    /// The rows of the document that are right; the rest is in its log.
    func read(_ document: DocumentNode) -> [ResolvedSubscription] {
        guard var object = document.object() else { return [] }
        let entries = object.required("subscriptions")?.entries() ?? []
        object.warnOfUnknownKeys()

        var resolved: [ResolvedSubscription] = []
        var firstIDs: [Route: String] = [:]
        for entry in entries {
            guard
                let row = readRow(id: entry.key, at: entry.place, entry.node),
                let source = resolveSource(row), let target = resolveTarget(row)
            else { continue }
            guard source != .cloud || target != .cloud else {
                row.target.reject(
                    "what comes from the cloud and goes there comes again, without end; take the row out"
                )
                continue
            }
            let subscription = row.subscription
            let route = Route(source: source, subject: subscription.subject, target: target)
            if let first = firstIDs[route] {
                row.node.warn(
                    "found the source, subject and target of \(first.quoted) again; the two are one"
                )
                continue
            }
            firstIDs[route] = subscription.id
            resolved.append(
                ResolvedSubscription(
                    id: subscription.id,
                    source: source,
                    subject: subscription.subject,
                    target: target,
                    spool: subscription.spool,
                    isTargetDeployed: isDeployed(target),
                    place: subscription.place
                )
            )
        }
        return resolved
    }

    private func readRow(id: String, at place: SourcePlace, _ node: DocumentNode) -> Row? {
        guard var object = node.object() else { return nil }
        defer { object.warnOfUnknownKeys() }
        let idNode = object.required("id")
        if let found = idNode?.string(), found != id {
            idNode?.reject("the id must equal its key, \(id.quoted)")
        }
        let sourceNode = object.required("source")
        let source = sourceNode.flatMap(readSource)
        let subject = object.required("subject")?.topicFilter()
        let targetNode = object.required("target")
        let target = targetNode.flatMap(readTarget)
        let spool = object.optional("spool").flatMap { readSpool($0, target) }
        guard let sourceNode, let source, let subject, let targetNode, let target else { return nil }
        return Row(
            subscription: Subscription(
                id: id,
                source: source,
                subject: subject,
                target: target,
                spool: spool,
                place: place
            ),
            node: node,
            source: sourceNode,
            target: targetNode
        )
    }
}

/// How messages wait for the cloud.
extension SubscriptionReader {
    private func readSpool(_ node: DocumentNode, _ target: SubscriptionTarget?) -> SpoolPolicy? {
        guard target == nil || target == .cloud else {
            node.reject("messages wait in the spool for the target cloud only; remove the key")
            return nil
        }
        guard var object = node.object() else { return nil }
        defer { object.warnOfUnknownKeys() }
        var policy = SpoolPolicy()
        policy.timeToLive = object.optional("ttl")?.wholeNumber(in: 1...SpoolPolicy.timeToLiveMax)
        if let priority = object.optional("priority")?.wholeNumber(in: SpoolPolicy.priorities) {
            policy.priority = priority
        }
        if let rule = object.optional("drop")?.choice([
            "oldest": SpoolPolicy.FullRule.dropOldest, "newest": .dropNewest, "refuse": .refuse,
        ]) {
            policy.whenFull = rule
        }
        policy.keepsLatestOnly = object.optional("keep")?.choice(["latest": true]) ?? false
        return policy
    }
}

/// The words for sources and targets.
extension SubscriptionReader {
    private static let prefix = "component:"

    private func readSource(_ node: DocumentNode) -> SubscriptionSource? {
        let allowed = "a source is a Lambda ARN with a version, component:NAME or cloud"
        guard let text = node.string() else { return nil }
        if text == "cloud" { return .cloud }
        if text.hasPrefix(Self.prefix) { return readComponent(text, node).map(SubscriptionSource.component) }
        return readFunction(node, text, allowed).map(SubscriptionSource.function)
    }

    private func readTarget(_ node: DocumentNode) -> SubscriptionTarget? {
        let allowed = "a target is cloud, a Lambda ARN with a version, component:NAME or pubsub"
        guard let text = node.string() else { return nil }
        if text == "cloud" { return .cloud }
        if text == "pubsub" { return .localBus }
        if text.hasPrefix(Self.prefix) { return readComponent(text, node).map(SubscriptionTarget.component) }
        return readFunction(node, text, allowed).map(SubscriptionTarget.function)
    }

    private func readComponent(_ text: String, _ node: DocumentNode) -> ComponentName? {
        do {
            return try ComponentName(text.dropFirst(Self.prefix.count))
        } catch {
            node.reject(ComponentNameError.allowed)
            return nil
        }
    }

    private func readFunction(_ node: DocumentNode, _ text: String, _ allowed: String) -> FunctionARN? {
        guard text.hasPrefix("arn:") else {
            node.reject(allowed)
            return nil
        }
        guard let arn = node.functionARN() else { return nil }
        guard let qualifier = arn.qualifier, qualifier != "$LATEST" else {
            node.reject("the ARN must end with a version, for example \(arn.unqualified):1")
            return nil
        }
        return arn
    }
}

/// What the names stand for.
extension SubscriptionReader {
    private func resolveSource(_ row: Row) -> ResolvedSource? {
        switch row.subscription.source {
        case .cloud: .cloud
        case .component(let name): resolve(name, row.source).map(ResolvedSource.function)
        case .function(let arn): resolve(arn, row.source).map(ResolvedSource.function)
        }
    }

    private func resolveTarget(_ row: Row) -> ResolvedTarget? {
        switch row.subscription.target {
        case .cloud: .cloud
        case .localBus: .localBus
        case .component(let name): resolve(name, row.target).map(ResolvedTarget.function)
        case .function(let arn): resolve(arn, row.target).map(ResolvedTarget.function)
        }
    }

    private func resolve(_ name: ComponentName, _ node: DocumentNode) -> FunctionARN? {
        let arn = functions.arn(of: name)
        if arn == nil, functions.isComplete {
            node.reject(functions.explainUnknownComponent(name.description))
        }
        return arn
    }

    private func resolve(_ arn: FunctionARN, _ node: DocumentNode) -> FunctionARN? {
        let resolved = arn.isVersion ? arn : functions.resolve(alias: arn)
        guard functions.isComplete else { return resolved }
        guard let resolved else {
            node.reject(functions.explainUnknownAlias(arn))
            return nil
        }
        if !functions.contains(resolved) {
            let name = arn == resolved ? "it" : resolved.description
            node.warn(
                "found \(node.value.summary); \(name) is not deployed: "
                    + functions.explainUndeployed(resolved)
            )
        }
        return resolved
    }

    private func isDeployed(_ target: ResolvedTarget) -> Bool {
        guard case .function(let arn) = target else { return true }
        return functions.contains(arn)
    }
}
