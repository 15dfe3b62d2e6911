import Testing
import TopicRouter

@testable import GreengrassModel

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
            ("a/b", "/a/b", #"the topic begins with "/", and the filter does not"#),
            ("/a/#", "a/b", #"the filter begins with "/", and the topic does not"#),
            ("a/+", "a/b/", #"the topic ends with "/", and the filter does not"#),
            ("a/b/", "a/b", #"the filter ends with "/", and the topic does not"#),
            ("/a", "//a", #"level 2 differs ("" ≠ "a")"#),
            ("/a", "b", #"level 1 differs ("b" ≠ "")"#),
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
        #expect(misses[2].reason == "other source (…:hello:2 ≠ …:other:1)")
    }

    @Test(
        "a function of the same name elsewhere comes near, and is told by what differs",
        arguments: [
            ("aws:lambda:us-east-1:123456789012", #"region "eu-central-1" ≠ "us-east-1""#),
            ("aws:lambda:eu-central-1:", #"account "123456789012" ≠ """#),
            (
                "aws-cn:lambda:cn-north-1:123456789012",
                #"region "eu-central-1" ≠ "cn-north-1", partition "aws" ≠ "aws-cn""#
            ),
        ]
    )
    func elsewhere(place: String, difference: String) throws {
        let there = try FunctionARN("arn:\(place):function:hello:2")
        let here = ResolvedSource.function(try functionARN("hello", 2))
        let misses = try table([(there, "a")]).nearMisses(source: here, topic: TopicName("a"))
        #expect(misses.map(\.reason) == ["a function of this name elsewhere (\(difference))"])
        let other = try FunctionARN("arn:\(place):function:other:2")
        #expect(
            try table([(other, "a")]).nearMisses(source: here, topic: TopicName("a")).map(\.reason)
                == ["other source (\(here) ≠ \(other))"]
        )
    }

    @Test("a row that matches is no near miss")
    func matching() throws {
        let source = try functionARN("hello", 2)
        #expect(
            try table([(source, "a/#")]).nearMisses(source: .function(source), topic: TopicName("a")) == []
        )
    }

    @Test("a fitting filter matches the topic, and a fitting topic matches the filter")
    func fitting() throws {
        let levels = ["a", "b", "", "$x"]
        let filters = texts(of: levels + ["+"], lengthMax: 3).flatMap { [$0, $0 + "/#"] } + ["#"]
        for topic in try texts(of: levels, lengthMax: 3).filter({ !$0.isEmpty }).map(TopicName.init) {
            for filter in try filters.filter({ !$0.isEmpty }).map(TopicFilter.init) {
                guard let mismatch = TopicMismatch(filter, topic) else {
                    #expect(filter.matches(topic))
                    continue
                }
                #expect(mismatch.distance > 0)
                let fittingFilter = try #require(mismatch.fittingFilter)
                #expect(fittingFilter.matches(topic), "\(fittingFilter) for \(topic), from \(filter)")
                if let fittingTopic = mismatch.fittingTopic {
                    #expect(filter.matches(fittingTopic), "\(fittingTopic) for \(filter), from \(topic)")
                }
            }
        }
    }

    /// Every text of one to `lengthMax` of the levels.
    private func texts(of levels: [String], lengthMax: Int) -> [String] {
        guard lengthMax > 1 else { return levels }
        let shorter = texts(of: levels, lengthMax: lengthMax - 1)
        return shorter + shorter.flatMap { start in levels.map { "\(start)/\($0)" } }
    }
}
