import TopicRouter

/// Looks for ways on which a message can come back to where it was published.
///
/// A subscription, an event source or a mapping of topics is a step from one place to another. A step can
/// follow another when it starts where the other ends and some topic passes both. What goes up to the cloud
/// comes down again, so the cloud is one place, and so is every other broker. Whether a function really
/// publishes what it could is unknown: a loop is a doubt, not an error.
struct LoopSearch {
    /// How many pairs of steps are compared; enough for ten thousand rows and a hundred event sources on one
    /// bus.
    static let comparisonsMax = 1_000_000
    /// How many loops are told.
    private static let reportsMax = 10
    /// How many steps of a loop fit a line.
    private static let stepsShownMax = 10

    private enum Stop: Hashable {
        case function(FunctionARN)
        case cloud
        case localBus
        case endpoint(String)
    }

    private struct Step {
        let from: Stop
        let to: Stop
        let topics: TopicFilter
        /// The topics at its end, if a mapping renames them there.
        var arrivingTopics: TopicFilter?
        /// Where to tell of a loop with this step, if it stands in the file that is told.
        var origin: (place: SourcePlace, keyPath: String)?

        func leads(to next: Step) -> Bool {
            (arrivingTopics ?? topics).overlaps(next.topics)
        }
    }

    private let steps: [Step]
    private let stepsFrom: [Stop: [Int]]
    private let comparisonsMax: Int

    /// Looks among mappings alone.
    init(mappings: [TopicMapping]) {
        self.init(
            Self.steps(of: mappings) { ($0.place, "mqttTopicMapping".keyPath(appending: $0.id)) },
            comparisonsMax: Self.comparisonsMax
        )
    }

    /// Looks for loops that rows take part in.
    init(
        rows: [ResolvedSubscription],
        components: [LambdaComponent],
        mappings: [TopicMapping] = [],
        comparisonsMax: Int = Self.comparisonsMax
    ) {
        let rowSteps = rows.map { row in
            Step(
                from: Self.stop(row.source),
                to: Self.stop(row.target),
                topics: row.subject,
                origin: (row.place, "subscriptions".keyPath(appending: row.id))
            )
        }
        let eventSteps = components.flatMap { component in
            component.parameters.eventSources.map { source in
                Step(
                    from: source.kind == .iotCore ? .cloud : .localBus,
                    to: .function(component.arn),
                    topics: source.topic
                )
            }
        }
        self.init(
            rowSteps + eventSteps + Self.steps(of: mappings) { _ in nil },
            comparisonsMax: comparisonsMax
        )
    }

    private init(_ steps: [Step], comparisonsMax: Int) {
        self.comparisonsMax = comparisonsMax
        self.steps = steps
        stepsFrom = Dictionary(grouping: steps.indices) { steps[$0].from }
    }

    private static func steps(
        of mappings: [TopicMapping],
        origin: (TopicMapping) -> (place: SourcePlace, keyPath: String)?
    ) -> [Step] {
        mappings.map { mapping in
            Step(
                from: stop(mapping.source),
                to: stop(mapping.target),
                topics: mapping.topic,
                arrivingTopics: mapping.targetTopicPrefix.isEmpty ? nil : mapping.arrivingTopics,
                origin: origin(mapping)
            )
        }
    }

    /// Warns of loops, each at the first of its steps that stands in the file.
    func report(to log: DiagnosticLog) {
        let (loops, isComplete) = findLoops()
        for loop in loops {
            guard let origin = loop.lazy.compactMap({ steps[$0].origin }).first else { continue }
            let shown = loop.prefix(Self.stepsShownMax)
            let way =
                shown.map { "\(name(steps[$0].from)) → \(steps[$0].topics.description.quoted)" }
                + (shown.count < loop.count ? ["…"] : []) + [name(steps[loop[0]].from)]
            // What goes up carries its hops, but MQTT 3.1.1 has no place for them.
            let end =
                loop.contains { steps[$0].from == .cloud }
                ? "a message in it ends at the hop limit, or with MQTT 3.1.1 never"
                : "a message in it ends at the hop limit"
            log.add(
                .warning,
                "found a loop: \(way.joined(separator: " → ")); \(end)",
                at: origin.place,
                keyPath: origin.keyPath
            )
        }
        if !isComplete {
            log.add(.warning, "too many overlapping subjects to look for all loops; the search ended early")
        }
    }

    /// A depth-first search: a step that leads to one on the way that led to it closes a loop.
    private func findLoops() -> (loops: [[Int]], isComplete: Bool) {
        enum State { case new, onTheWay, done }
        var states = Array(repeating: State.new, count: steps.count)
        var loops: [[Int]] = []
        var comparisons = 0
        for start in steps.indices where states[start] == .new {
            var way: [(step: Int, following: ArraySlice<Int>)] = [
                (start, stepsFrom[steps[start].to, default: []][...])
            ]
            states[start] = .onTheWay
            while let current = way.indices.last {
                guard let next = way[current].following.popFirst() else {
                    states[way.removeLast().step] = .done
                    continue
                }
                comparisons += 1
                guard comparisons <= comparisonsMax else { return (loops, false) }
                guard
                    states[next] != .done, steps[way[current].step].leads(to: steps[next])
                else { continue }
                if states[next] == .new {
                    states[next] = .onTheWay
                    way.append((next, stepsFrom[steps[next].to, default: []][...]))
                } else {
                    let first = way.firstIndex { $0.step == next } ?? 0
                    loops.append(way[first...].map(\.step))
                    if loops.count == Self.reportsMax { return (loops, true) }
                }
            }
        }
        return (loops, true)
    }

    private static func stop(_ source: ResolvedSource) -> Stop {
        switch source {
        case .function(let arn): .function(arn)
        case .cloud: .cloud
        }
    }

    private static func stop(_ target: ResolvedTarget) -> Stop {
        switch target {
        case .function(let arn): .function(arn)
        case .cloud: .cloud
        case .localBus: .localBus
        }
    }

    private static func stop(_ place: TopicMapping.Place) -> Stop {
        switch place {
        case .pubsub: .localBus
        case .iotCore: .cloud
        case .endpoint(let name): .endpoint(name)
        }
    }

    private func name(_ stop: Stop) -> String {
        switch stop {
        case .function(let arn): arn.qualifier.map { "\(arn.name):\($0)" } ?? arn.name
        case .cloud: "cloud"
        case .localBus: "pubsub"
        case .endpoint(let name): name
        }
    }
}
