import GreengrassModel
import Testing
import TopicRouter

@Suite("Near misses")
struct NearMissTests {
    private func table(_ rows: [(FunctionARN, String)]) throws -> SubscriptionTable {
        SubscriptionTable(
            try rows.enumerated().map { index, row in
                ResolvedSubscription(
                    id: "r\(index)",
                    source: .function(row.0),
                    subject: try TopicFilter(row.1),
                    target: .cloud
                )
            }
        )
    }

    @Test(
        "the first reason is told",
        arguments: [
            ("sensor/temperature", "sensor/humidity", #"level 2 differs ("humidity" ≠ "temperature")"#),
            ("a/+/c", "a/b/d", #"level 3 differs ("d" ≠ "c")"#),
            ("a/b", "a/b/c", "the topic is longer (3 levels, 2 allowed)"),
            ("a/b/#", "a", "the topic is shorter (1 of 2 levels)"),
            ("a/+", "a", "the topic is shorter (1 of 2 levels)"),
            ("#", "$SYS/x", #"a leading wildcard does not match "$SYS""#),
        ]
    )
    func topics(subject: String, topic: String, reason: String) throws {
        let source = try functionARN("hello", 2)
        let misses = try table([(source, subject)]).nearMisses(
            source: .function(source),
            topic: TopicName(topic)
        )
        #expect(misses.map(\.reason) == [reason])
        #expect(misses.map(\.description) == ["\"r0\" with the subject \"\(subject)\": \(reason)"])
    }

    @Test("other versions and other sources are told, nearest first, three at most")
    func sources() throws {
        let table = try table([
            (functionARN("other", 1), "a/#"), (functionARN("hello", 3), "a/b"),
            (functionARN("hello", 2), "x/y/z"),
            (functionARN("other", 1), "x"),
            (functionARN("hello", 2), "a/c"),
        ])
        let source = ResolvedSource.function(try functionARN("hello", 2))
        let misses = table.nearMisses(source: source, topic: try TopicName("a/b"))
        #expect(misses.map(\.subscription.id) == ["r1", "r4", "r0"])
        #expect(misses[0].reason == "version 2 ≠ 3")
        #expect(misses[2].reason == "other source (\(source) ≠ \(try functionARN("other", 1)))")
    }

    @Test("a row that matches is no near miss")
    func matching() throws {
        let source = try functionARN("hello", 2)
        #expect(
            try table([(source, "a/#")]).nearMisses(source: .function(source), topic: TopicName("a")) == []
        )
    }
}
