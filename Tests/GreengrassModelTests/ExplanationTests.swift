import ExplanationCases
import FoundationEssentials
import TestSupport
import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("Explanations")
struct ExplanationTests {
    @Test("the outcome is told, with what leads to it", arguments: ExplanationCase.all)
    func answers(expected: ExplanationCase) throws {
        let explanation = try expected.explain()
        let answer = expected.answer
        #expect(explanation.outcome.rawValue == answer.outcome)
        #expect(explanation.matches.map(\.entry.key) == answer.matches)
        let problematic = explanation.matches.filter { !$0.takes }
        #expect(problematic.first?.problem == answer.problem)
        #expect(problematic.first?.fix == answer.fix)
        #expect(explanation.matches.flatMap(\.remarks).first == answer.remark)
        #expect(explanation.notes.first == answer.note)
        #expect(explanation.nearest.map(\.entry.key) == answer.nearest)
        #expect(explanation.nearest.first?.reason == answer.reason)
        #expect(explanation.nearest.first?.fix == answer.nearestFix)
    }

    @Test("every answer is sound", arguments: ExplanationCase.all)
    func sound(expected: ExplanationCase) throws {
        let explanation = try expected.explain()
        #expect(explanation.basis == (expected.live == nil ? .files : .daemon))
        #expect(explanation.topic == expected.topic)
        #expect((explanation.error != nil) == (explanation.outcome == .refused))
        #expect(!explanation.summary.isEmpty)
        for match in explanation.matches {
            #expect(match.takes == (match.problem == nil))
            #expect(match.takes == (match.fix == nil))
            #expect(try TopicFilter(match.subject).matches(TopicName(expected.topic)))
        }
        for miss in explanation.nearest { #expect(!miss.reason.isEmpty && !miss.fix.isEmpty) }
        let decoded = try JSONDecoder().decode(Explanation.self, from: JSONEncoder().encode(explanation))
        #expect(decoded == explanation)
        #expect(decoded.description == explanation.description)
    }
}

extension ExplanationCase {
    func explain() throws -> Explanation {
        let folder = try TemporaryFolder(files)
        let deployment = try Deployment.load(in: folder.path)
        guard let live else {
            return try Explanation.of(source: source, topic: topic, deployment: deployment)
        }
        var conditions = RoutingConditions(cloud: .on, spoolIsFull: live.spoolIsFull)
        conditions.downLinks = live.downLinks
        conditions.cloud =
            switch live.cloud {
            case .on: .on
            case .off: .off
            case .down(let state): .down(state)
            }
        for (name, condition) in live.functions {
            conditions.functions[try functionARN(name, 1)] = FunctionCondition(
                state: condition.state,
                queueIsFull: condition.queueIsFull
            )
        }
        return try Explanation.of(
            source: source,
            topic: topic,
            table: deployment.subscriptions,
            components: deployment.components,
            mappings: deployment.configuration.topicMappings,
            conditions: conditions
        )
    }
}

extension Explanation.Entry {
    fileprivate var key: String {
        switch self {
        case .row(let id, _), .mapping(let id): id
        case .eventSource(let component, let type): "\(type) \(component)"
        }
    }
}
