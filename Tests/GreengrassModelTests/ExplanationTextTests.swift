import ExplanationCases
import FoundationEssentials
import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("Explanations as text and JSON")
struct ExplanationTextTests {
    private typealias Row = (id: String, subject: String, target: ResolvedTarget)

    private func table(_ rows: [Row]) throws -> SubscriptionTable {
        SubscriptionTable(
            try rows.enumerated().map { index, row in
                ResolvedSubscription(
                    id: row.id,
                    source: .function(try functionARN("hello", 2)),
                    subject: try TopicFilter(row.subject),
                    target: row.target,
                    place: SourcePlace(line: index + 3, column: 5)
                )
            }
        )
    }

    private func explain(
        _ table: SubscriptionTable,
        topic: String = "hello/world",
        conditions: RoutingConditions = RoutingConditions(cloud: .on)
    ) throws -> Explanation {
        try Explanation.of(
            source: "hello",
            topic: topic,
            table: table,
            components: [.hello(), .other(eventSources: [everythingLocal()])],
            conditions: conditions
        )
    }

    private func everythingLocal() throws -> EventSource {
        EventSource(topic: try TopicFilter("#"), kind: .pubSub)
    }

    @Test("what is refused is told with what comes near")
    func refused() throws {
        let explanation = try ExplanationCase(
            name: "",
            rows: [
                ExplanationCase.Row("hello-to-cloud", arn("sensor", 2), "hello/world", "cloud"),
                ExplanationCase.Row("alarms", arn("sensor"), "hello/+/alarm", arn("siren")),
            ],
            topic: "hello/world",
            answer: ExplanationCase.Answer(outcome: "refused")
        ).explain()
        #expect(
            explanation.description == """
                source   arn:aws:lambda:eu-central-1:123456789012:function:sensor:1
                topic    hello/world
                basis    files; no daemon was asked
                ✗ refused: no subscription matches, the function gets HTTP 400 \
                "No subscription exists for the source …"

                nearest
                  ✗ "hello-to-cloud" (line 2)  hello/world → cloud
                      version 1 ≠ 2
                      to fix it: set its source to \
                arn:aws:lambda:eu-central-1:123456789012:function:sensor:1, or to
                      component:com.example.sensor, which needs no version
                  ✗ "alarms" (line 3)  hello/+/alarm → …:siren:1
                      the topic is shorter (2 of 3 levels)
                      to fix it: set its subject to "hello/+", or publish on "hello/world/alarm"
                """
        )
    }

    @Test("what is delivered in part is told with every target")
    func partly() throws {
        let table = try table([
            ("to-cloud", "hello/world", .cloud), ("to-bus", "hello/#", .localBus),
            ("to-siren", "#", .function(functionARN("siren", 1))),
            ("to-myself", "+/there", .function(functionARN("hello", 2))),
        ])
        let explanation = try explain(table, conditions: RoutingConditions(cloud: .down("connecting")))
        #expect(
            explanation.description == """
                source   arn:aws:lambda:eu-central-1:123456789012:function:hello:2
                topic    hello/world
                basis    daemon
                ✗ delivered in part: taken by 2 of 3 targets, and at 1 it waits for now; \
                for the other it is kept as a dead
                  letter

                matches
                  ✓ "to-cloud" (line 3)  hello/world → cloud
                      the link to the cloud is down (connecting): the message waits until it is back
                  → "to-bus" (line 4)  hello/# → pubsub
                  ✓ event source PUB_SUB of "com.example.other"  # → …:other:1, through row "to-bus"
                  ✗ "to-siren" (line 5)  # → …:siren:1
                      the target is not deployed: no function of this name is deployed
                      to fix it: deploy it, or take the row out

                nearest that do not match
                  ✗ "to-myself" (line 6)  +/there → …:hello:2
                      level 2 differs ("world" ≠ "there")
                      to fix it: set its subject to "+/world", or publish on "hello/there"
                """
        )
    }

    @Test("targets in more than one account keep their whole ARNs, if none stands above")
    func accounts() throws {
        var far = try LambdaComponent.other(eventSources: [everythingLocal()])
        func targets(_ components: [LambdaComponent]) throws -> String {
            try Explanation.of(
                source: "pubsub",
                topic: "a",
                table: SubscriptionTable(),
                components: components,
                conditions: RoutingConditions(cloud: .on)
            ).description
        }
        #expect(try targets([far]).contains("# → …:other:1"))
        let near = try LambdaComponent.hello(eventSources: far.parameters.eventSources)
        far.arn = try FunctionARN("arn:aws:lambda:::function:other:1")
        let text = try targets([near, far])
        #expect(text.contains("# → \(near.arn)"))
        #expect(text.contains("# → \(far.arn)"))
    }

    @Test("of many matches twenty are listed, those with a problem first, and all are counted")
    func manyMatches() throws {
        let rows = try (1...1_000).map { index in
            ("r\(index)", "#", ResolvedTarget.function(try functionARN(index == 900 ? "x" : "hello", 2)))
        }
        let explanation = try explain(table(rows))
        #expect(explanation.matches.count == 20)
        #expect(explanation.matches[0].entry == .row(id: "r900", line: 902))
        #expect(explanation.matches[1].entry == .row(id: "r1", line: 3))
        #expect(explanation.matchCount == 1_000)
        #expect(explanation.targetCount == 2)
        #expect(explanation.takingCount == 1)
        #expect(explanation.outcome == .partly)
        #expect(explanation.description.contains("\n  … and 980 more"))
    }

    @Test("texts of others stay on their line, and long ones are cut")
    func hostileTexts() throws {
        let hostile = "a\n\u{1B}[2J\u{202E}\"" + String(repeating: "x", count: 60_000)
        let explanation = try explain(
            table([(hostile, "\(hostile)/+", .cloud), (hostile, "\(hostile)/x/+", .cloud)]),
            topic: "\(hostile)/x"
        )
        #expect(explanation.topic == "\(hostile)/x")
        let text = explanation.description
        #expect(text.utf8.count < 4_000)
        let controls = text.unicodeScalars.filter { scalar in
            scalar != "\n" && [.control, .format].contains(scalar.properties.generalCategory)
        }
        #expect(controls.isEmpty)
        #expect(text.split(separator: "\n").allSatisfy { !$0.hasPrefix("[2J") })
        #expect(text.contains(#"a\u{a}\u{1b}[2J\u{202e}\""#))
    }

    @Test("lines have 110 columns at most", arguments: ExplanationCase.all)
    func width(explained: ExplanationCase) throws {
        // A topic can't be broken.
        let lines = try explained.explain().description.split(separator: "\n")
        #expect(lines.filter { $0.count > 110 && !$0.hasPrefix("topic ") } == [])
    }

    @Test("the keys of the JSON are those of the documentation")
    func json() throws {
        let explanation = try explain(
            table([("bus", "hello/#", .localBus), ("siren", "#", .function(functionARN("siren", 1)))])
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        #expect(
            String(decoding: try encoder.encode(explanation), as: UTF8.self) == """
                {
                  "basis" : "daemon",
                  "matchCount" : 3,
                  "matches" : [
                    {
                      "entry" : {
                        "row" : {
                          "id" : "bus",
                          "line" : 3
                        }
                      },
                      "remarks" : [

                      ],
                      "subject" : "hello/#",
                      "takes" : true,
                      "target" : "pubsub"
                    },
                    {
                      "entry" : {
                        "eventSource" : {
                          "component" : "com.example.other",
                          "type" : "PUB_SUB"
                        }
                      },
                      "remarks" : [

                      ],
                      "subject" : "#",
                      "takes" : true,
                      "target" : "arn:aws:lambda:eu-central-1:123456789012:function:other:1",
                      "through" : "bus"
                    },
                    {
                      "entry" : {
                        "row" : {
                          "id" : "siren",
                          "line" : 4
                        }
                      },
                      "fix" : "deploy it, or take the row out",
                      "problem" : "the target is not deployed: no function of this name is deployed",
                      "remarks" : [

                      ],
                      "subject" : "#",
                      "takes" : false,
                      "target" : "arn:aws:lambda:eu-central-1:123456789012:function:siren:1"
                    }
                  ],
                  "nearest" : [

                  ],
                  "notes" : [

                  ],
                  "outcome" : "partly",
                  "source" : "arn:aws:lambda:eu-central-1:123456789012:function:hello:2",
                  "summary" : "delivered in part: taken by 1 of 2 targets; \
                for the other it is kept as a dead letter",
                  "takingCount" : 1,
                  "targetCount" : 2,
                  "topic" : "hello/world"
                }
                """
        )
    }
}
