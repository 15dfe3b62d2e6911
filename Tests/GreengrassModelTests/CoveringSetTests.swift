import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("Covering set of filters")
struct CoveringSetTests {
    struct Case: CustomTestStringConvertible {
        let filters: [String]
        let covering: [String]
        var testDescription: String { "\(self.filters)" }
    }

    @Test(
        "keeps exactly the filters that no other covers",
        arguments: [
            Case(filters: [], covering: []),
            Case(filters: ["a", "b/c"], covering: ["a", "b/c"]),
            Case(filters: ["a/#", "a", "a/b", "a/+/c", "b"], covering: ["a/#", "b"]),
            Case(filters: ["+/b", "a/+", "a/b"], covering: ["+/b", "a/+"]),
            Case(filters: ["#", "a/#", "$SYS/x", "$SYS/#"], covering: ["#", "$SYS/#"]),
            Case(filters: ["#", "+/#"], covering: ["#"]),
            Case(filters: ["a/+", "a/#", "#"], covering: ["#"]),
        ]
    )
    func covers(_ testCase: Case) throws {
        let filters = Set(try testCase.filters.map { try TopicFilter($0) })
        #expect(filters.coveringSet() == Set(try testCase.covering.map { try TopicFilter($0) }))
    }
}
