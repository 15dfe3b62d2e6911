import TestSupport
import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("From subscriptions to authorization")
struct AuthorizationMigrationTests {
    private typealias Row = (source: String, subject: String, target: String)

    /// What becomes of `rows`, called `row0` and so on; `a`, `b` and `c` are deployed functions.
    private func migration(
        _ rows: [Row],
        spool: SpoolPolicy? = nil,
        eventSources: [EventSource] = [],
        policies: [AccessPolicy] = [],
        component: String? = nil
    ) throws -> AuthorizationMigration {
        let components = try ["a", "b", "c"].map { name in
            var component = LambdaComponent(
                name: try ComponentName(name),
                version: "1.0.0",
                arn: try functionARN(name, 1),
                runtime: "python3.11",
                handler: FunctionHandler("app.handler")!,
                code: .folder("/code")
            )
            if name == "c" { component.parameters.eventSources = eventSources }
            return component
        }
        var configuration = TrellisConfiguration(root: "/")
        configuration.componentSettings.policies = policies
        let table = try rows.enumerated().map { number, row in
            ResolvedSubscription(
                id: "row\(number)",
                source: row.source == "cloud" ? .cloud : .function(try functionARN(row.source, 1)),
                subject: try TopicFilter(row.subject),
                target: try target(row.target),
                spool: row.target == "cloud" ? spool : nil
            )
        }
        let deployment = Deployment(
            configuration: configuration,
            components: components,
            genericComponents: [],
            subscriptions: SubscriptionTable(table),
            warnings: []
        )
        return AuthorizationMigration.of(deployment, component: try component.map { try ComponentName($0) })
    }

    private func target(_ name: String) throws -> ResolvedTarget {
        switch name {
        case "cloud": .cloud
        case "pubsub": .localBus
        default: .function(try functionARN(name, 1))
        }
    }

    private func policy(
        _ operation: String,
        _ resources: [String],
        _ rows: String = "row0"
    )
        -> AuthorizationMigration.Policy
    {
        AuthorizationMigration.Policy(
            policyDescription: "From subscriptions.json: \(rows)",
            operations: ["aws.greengrass#\(operation)"],
            resources: resources
        )
    }

    @Test("a row between functions is a policy for each, and an event source")
    func functions() throws {
        let migration = try migration([("a", "x/y", "b"), ("a", "z", "b"), ("a", "x/y", "c")])
        #expect(
            migration.accessControl == [
                "a": [
                    IPCService.pubsub: [
                        "a:PublishToTopic": policy("PublishToTopic", ["x/y", "z"], "row0, row1, row2")
                    ]
                ],
                "b": [
                    IPCService.pubsub: [
                        "b:SubscribeToTopic": policy("SubscribeToTopic", ["x/y", "z"], "row0, row1")
                    ]
                ],
                "c": [
                    IPCService.pubsub: ["c:SubscribeToTopic": policy("SubscribeToTopic", ["x/y"], "row2")]
                ],
            ]
        )
        #expect(
            migration.eventSources == [
                "b": [.init(topic: "x/y", type: "PUB_SUB"), .init(topic: "z", type: "PUB_SUB")],
                "c": [.init(topic: "x/y", type: "PUB_SUB")],
            ]
        )
        #expect(migration.notes.count == 2, "only what holds for all: \(migration.notes)")
    }

    @Test("rows to and from the cloud are policies whose wildcards mean what they say")
    func cloud() throws {
        let migration = try migration([
            ("a", "up/+/#", "cloud"), ("cloud", "down/#", "b"), ("cloud", "both", "pubsub"),
        ])
        #expect(
            migration.accessControl == [
                "a": [
                    IPCService.mqttProxy: [
                        "a:PublishToIoTCore": policy("PublishToIoTCore", ["up/+/#"])
                    ]
                ],
                "b": [
                    IPCService.mqttProxy: [
                        "b:SubscribeToIoTCore": policy("SubscribeToIoTCore", ["down/#"], "row1")
                    ]
                ],
            ]
        )
        #expect(migration.eventSources == ["b": [.init(topic: "down/#", type: "IOT_CORE")]])
        #expect(
            migration.mqttTopicMapping == [
                "row2": .init(topic: "both", source: "IotCore", target: "Pubsub")
            ]
        )
        #expect(migration.notes == [])
    }

    @Test("an event source that is there already is not written again, nor a policy's name")
    func existing() throws {
        let source = EventSource(topic: try TopicFilter("x"), kind: .pubSub)
        let taken = AccessPolicy(
            component: "a",
            service: "s",
            id: "a:PublishToTopic",
            operations: [],
            resources: []
        )
        let migration = try migration([("a", "x", "c")], eventSources: [source], policies: [taken])
        #expect(migration.eventSources == [:])
        #expect(migration.accessControl["a"]?[IPCService.pubsub]?.keys.first == "a:PublishToTopic:2")
    }

    @Test("the policies of one component are all that is written for it")
    func oneComponent() throws {
        let rows = [("a", "x", "b"), ("b", "y", "cloud"), ("cloud", "z", "pubsub"), ("c", "q", "a")]
        let migration = try migration(rows, component: "b")
        #expect(migration.accessControl.keys.sorted() == ["b"])
        #expect(migration.accessControl["b"]?.keys.count == 2)
        #expect(migration.eventSources.keys.sorted() == ["b"])
        #expect(migration.mqttTopicMapping == [:])
    }

    @Test(
        "what gets wider, changes or is lost is noted",
        arguments: [
            ("a x/+/y b", #"a may publish on more than row "row0" lets it: x/+/y becomes x/*/y, "#),
            (
                "a x/# b;c x/1 a",
                #"b, which listens on x/# (row "row0"), will also get what c publishes on x/1 (row "row1"): "#
            ),
            (
                "a x pubsub;c x b",
                #"b, which listens on x (row "row1"), will also get what a publishes on x (row "row0"): "#
            ),
            ("a e/1 b", "c, which listens on e/# (its event source), will also get what a publishes on e/1 "),
            (
                "a x cloud;a x b",
                #"one publish() of a can go to the cloud (row "row0") and to this machine (row "row1"); "#
            ),
            ("a x/# cloud;cloud x/1 a", "a gets back what it sends to the cloud on x/#: "),
            ("old x b", #"row "row0" is left out: "#),
            (
                "a x cloud",
                #"the spool policy of row "row0" (ttl 60) has no counterpart in PublishToIoTCore, where a "#
            ),
            ("a x b", "PublishToTopic is a success when nobody listens, "),
            ("a x b", "an event source invokes a function "),
            (
                "a \(String(repeating: "x", count: 1025)) cloud",
                #"row "row0" is left out for a: a resource has at most 1024 bytes"#
            ),
        ]
    )
    func notes(rows: String, note: String) throws {
        let rows = rows.split(separator: ";").map { row in
            let words = row.split(separator: " ").map(String.init)
            return Row(words[0], words[1], words[2])
        }
        let migration = try migration(
            rows,
            spool: SpoolPolicy(timeToLive: 60),
            eventSources: [EventSource(topic: try TopicFilter("e/#"), kind: .pubSub)]
        )
        #expect(migration.notes.contains { $0.hasPrefix(note) }, "\(migration.notes)")
    }

    @Test("what the table lets pass already is no difference")
    func noDifference() throws {
        let rows = [("a", "x/#", "b"), ("c", "x/1", "b"), ("a", "x/2", "pubsub"), ("c", "q", "a")]
        let migration = try migration(rows)
        #expect(!migration.notes.contains { $0.contains("will also get") }, "\(migration.notes)")
    }

    @Test("what a row lets through the policies let through, and but for a + nothing else", arguments: 0..<4)
    func sameFlows(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let levels = ["a", "b", "*", "?", "${", "$", "", "+", "#"]
        func text(_ levels: some Collection<String>) -> String {
            (0..<Int.random(in: 1...4, using: &random)).map { _ in levels.randomElement(using: &random)! }
                .joined(separator: "/")
        }
        for _ in 0..<500 {
            guard let filter = try? TopicFilter(text(levels)),
                let topic = try? TopicName(text(levels.dropLast(2)))
            else { continue }
            let migration = try migration([
                ("a", filter.description, "b"), ("a", filter.description, "cloud"),
            ])
            for (service, component, asked) in [
                (IPCService.pubsub, "a", topic.description), (IPCService.mqttProxy, "a", topic.description),
                (IPCService.pubsub, "b", filter.description),
            ] {
                let policy = try #require(migration.accessControl[component]?[service]?.values.first)
                let isAllowed = try policy.resources.contains { resource in
                    try ResourcePattern(resource, service: service).globs
                        .contains { $0.matches(asked.utf8.span) }
                }
                let isMatch = asked == filter.description || filter.matches(topic)
                let mayBeWider =
                    service == IPCService.pubsub && filter.description.contains("+")
                    || "+#".contains(filter.description.prefix(1))
                #expect(
                    mayBeWider ? isAllowed || !isMatch : isAllowed == isMatch,
                    "\(filter) \(topic) \(service)"
                )
            }
        }
    }
}
