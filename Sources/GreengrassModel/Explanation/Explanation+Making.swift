package import TopicRouter

extension Explanation {
    /// Explains what becomes of a message.
    ///
    /// Looks at every row: for people, not for every message.
    ///
    /// - Parameters:
    ///   - source: Where the message is published; a function need not be deployed.
    ///   - topic: What it is published on.
    ///   - table: The subscriptions.
    ///   - components: What is deployed with them.
    ///   - mappings: The mappings of topics.
    ///   - conditions: What is known of the state of the targets.
    package init(
        source: ExplanationSource,
        topic: TopicName,
        table: SubscriptionTable,
        components: [LambdaComponent],
        mappings: [TopicMapping] = [],
        conditions: RoutingConditions
    ) {
        self.init(
            RouteSearch(
                source: source,
                topic: topic,
                table: table,
                deployed: DeployedFunctions(components),
                mappings: mappings,
                conditions: conditions
            )
        )
    }

    /// Explains what becomes of a message, with source and topic as people write them.
    ///
    /// - Parameters:
    ///   - source: Anything that `ExplanationSource` reads.
    ///   - topic: A topic without wildcards.
    ///   - table: The subscriptions.
    ///   - components: What is deployed with them.
    ///   - mappings: The mappings of topics.
    ///   - conditions: What is known of the state of the targets.
    /// - Returns: The explanation.
    /// - Throws: What is wrong with the source or the topic.
    package static func of(
        source: String,
        topic: String,
        table: SubscriptionTable,
        components: [LambdaComponent],
        mappings: [TopicMapping] = [],
        conditions: RoutingConditions
    ) throws(ExplanationError) -> Explanation {
        let deployed = DeployedFunctions(components)
        return Explanation(
            RouteSearch(
                source: try readSource(source, deployed),
                topic: try readTopic(topic),
                table: table,
                deployed: deployed,
                mappings: mappings,
                conditions: conditions
            )
        )
    }

    /// Explains what would become of a message by the files alone.
    ///
    /// - Parameters:
    ///   - source: Anything that `ExplanationSource` reads.
    ///   - topic: A topic without wildcards.
    ///   - deployment: The files.
    /// - Returns: The explanation.
    /// - Throws: What is wrong with the source or the topic.
    package static func of(
        source: String,
        topic: String,
        deployment: Deployment
    ) throws(ExplanationError) -> Explanation {
        try of(
            source: source,
            topic: topic,
            table: deployment.subscriptions,
            components: deployment.components,
            mappings: deployment.configuration.topicMappings,
            conditions: .files(deployment.configuration)
        )
    }

    private static func readSource(
        _ text: String,
        _ deployed: DeployedFunctions
    ) throws(ExplanationError) -> ExplanationSource {
        do {
            return try ExplanationSource(text, deployed: deployed)
        } catch {
            throw .source(error)
        }
    }

    private static func readTopic(_ text: String) throws(ExplanationError) -> TopicName {
        do {
            return try TopicName(text)
        } catch {
            throw .topic(error)
        }
    }

    private init(_ search: RouteSearch) {
        basis = search.conditions.basis
        source = search.source.description
        topic = search.topic.description
        outcome = search.outcome
        summary = search.summary
        error =
            search.outcome == .refused ? NoSubscription.text(source: source, subject: topic) : nil
        notes = search.notes
        matchCount = search.matches.count
        targetCount = search.fates.count
        takingCount = search.count(.taken)
        matches = Self.listed(search.matches)
        nearest = search.misses(
            countMax: Self.nearestMax,
            distanceMax: search.outcome == .delivered ? 1 : .max
        )
    }

    /// The matches that are listed.
    private static func listed(_ matches: [Match]) -> [Match] {
        guard matches.count > matchesMax else { return matches }
        let ordered = matches.filter { !$0.takes } + matches.filter(\.takes)
        return Array(ordered.prefix(matchesMax))
    }
}
