import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("Loops")
struct LoopSearchTests {
    /// Tells the loops of a table; `rows` are sources, subjects and targets, functions by a letter.
    private func loops(
        _ rows: [(String, String, String)],
        events: [(EventSource.Kind, String, String)] = [],
        comparisonsMax: Int = LoopSearch.comparisonsMax
    ) throws -> [String] {
        func function(_ letter: String) throws -> FunctionARN {
            try FunctionARN("arn:aws:lambda:::function:\(letter):1")
        }
        let resolved = try rows.enumerated().map { index, row in
            ResolvedSubscription(
                id: "\(index)",
                source: row.0 == "cloud" ? .cloud : .function(try function(row.0)),
                subject: try TopicFilter(row.1),
                target: row.2 == "cloud"
                    ? .cloud : row.2 == "pubsub" ? .localBus : .function(try function(row.2))
            )
        }
        let components = try events.map { kind, topic, letter in
            var component = try LambdaComponent.hello(eventSources: [
                EventSource(topic: try TopicFilter(topic), kind: kind)
            ])
            component.arn = try function(letter)
            return component
        }
        let log = DiagnosticLog(file: "s")
        LoopSearch(rows: resolved, components: components, comparisonsMax: comparisonsMax).report(to: log)
        return log.diagnostics.map(\.message)
    }

    @Test("two functions that answer each other on overlapping subjects are a loop")
    func twoFunctions() throws {
        #expect(
            try loops([("A", "x/#", "B"), ("B", "x/1", "A")]) == [
                #"found a loop: A:1 → "x/#" → B:1 → "x/1" → A:1; a message in it ends at the hop limit"#
            ]
        )
    }

    @Test("question and answer on different topics are no loop")
    func questionAndAnswer() throws {
        #expect(try loops([("A", "ask", "B"), ("B", "answer", "A")]) == [])
    }

    @Test("a function that subscribes to itself is a loop")
    func itself() throws {
        #expect(try loops([("A", "x", "A")]).count == 1)
    }

    @Test("a loop is found through the cloud, by event source and by row")
    func throughCloud() throws {
        #expect(
            try loops([("A", "a/#", "cloud")], events: [(.iotCore, "+/b", "A")]) == [
                #"found a loop: A:1 → "a/#" → cloud → "+/b" → A:1; "#
                    + "a message in it ends at the hop limit, or with MQTT 3.1.1 never"
            ]
        )
        #expect(try loops([("A", "a", "cloud"), ("cloud", "a", "A")]).count == 1)
        #expect(try loops([("cloud", "a", "cloud")]).count == 1)
        #expect(try loops([("A", "a", "cloud")], events: [(.pubSub, "a", "A")]) == [])
    }

    @Test("a loop is found through the local bus")
    func throughLocalBus() throws {
        #expect(try loops([("A", "a", "pubsub")], events: [(.pubSub, "#", "A")]).count == 1)
    }

    @Test("a long way round is cut in its message")
    func longLoop() throws {
        let letters = (0..<30).map { "f\($0)" }
        let rows = letters.indices.map { (letters[$0], "x", letters[($0 + 1) % letters.count]) }
        let messages = try loops(rows)
        #expect(messages.count == 1)
        #expect(messages[0].contains("→ … → f0:1;"))
    }

    @Test("a search that would take long ends early and says so")
    func bounded() throws {
        let rows = (0..<100).flatMap { [("A\($0)", "a\($0)", "cloud"), ("cloud", "b\($0)", "B\($0)")] }
        #expect(
            try loops(rows, comparisonsMax: 9_999) == [
                "too many overlapping subjects to look for all loops; the search ended early"
            ]
        )
        #expect(try loops(rows, comparisonsMax: 10_000) == [])
    }
}
