import Testing

@testable import GreengrassModel

@Suite("Version requirements")
struct VersionRequirementTests {
    /// A requirement with versions that do and versions that do not.
    struct Case: CustomTestStringConvertible, Sendable {
        let requirement: String
        let allowed: [String]
        let refused: [String]

        var testDescription: String { requirement }

        init(_ requirement: String, _ allowed: [String], not refused: [String]) {
            self.requirement = requirement
            self.allowed = allowed
            self.refused = refused
        }
    }

    static let cases = [
        Case("1.2.3", ["1.2.3", "1.2.3+build"], not: ["1.2.4", "1.2.3-rc.1", "no version", "1.2"]),
        Case("=1.2.3", ["1.2.3"], not: ["1.2.2"]),
        Case(">=1.2.3", ["1.2.3", "9.0.0"], not: ["1.2.2", "1.2.3-rc"]),
        Case(">= 1.2.3", ["1.2.3"], not: ["1.2.2"]),
        Case(">1.2.3", ["1.2.4"], not: ["1.2.3"]),
        Case(">1.2", ["1.3.0"], not: ["1.2.9"]),
        Case("<2.0.0", ["1.9.9", "0.0.0"], not: ["2.0.0"]),
        Case("<=1.2", ["1.2.9"], not: ["1.3.0"]),
        Case("<=1.2.3", ["1.2.3"], not: ["1.2.4"]),
        Case(">=2.0.0 <2.1.0", ["2.0.0", "2.0.17"], not: ["2.1.0", "1.9.9"]),
        Case("^1.2.3", ["1.2.3", "1.9.0"], not: ["2.0.0", "2.0.0-rc", "1.2.2"]),
        Case("^0.2.3", ["0.2.9"], not: ["0.3.0"]),
        Case("^0.0.3", ["0.0.3"], not: ["0.0.4"]),
        Case("^0.0", ["0.0.9"], not: ["0.1.0"]),
        Case("^1", ["1.0.0", "1.9.0"], not: ["2.0.0"]),
        Case("~1.2.3", ["1.2.3", "1.2.9"], not: ["1.3.0"]),
        Case("~1", ["1.9.0"], not: ["2.0.0"]),
        Case("1.x", ["1.0.0", "1.9.9"], not: ["2.0.0", "0.9.0"]),
        Case("1.2.*", ["1.2.9"], not: ["1.3.0"]),
        Case("*", ["0.0.0", "17.0.0"], not: []),
        Case("1.2.3 - 2.3.4", ["1.2.3", "2.3.4"], not: ["1.2.2", "2.3.5"]),
        Case("1.2 - 2.3", ["1.2.0", "2.3.9"], not: ["2.4.0"]),
        Case("^1.0.0 || >=3.0.0", ["1.5.0", "3.0.0"], not: ["2.0.0"]),
        Case("1.0.0||2.0.0", ["1.0.0", "2.0.0"], not: ["1.0.1"]),
    ]

    @Test("a requirement allows its versions and no others", arguments: cases)
    func requirement(_ table: Case) throws {
        let requirement = try #require(VersionRequirement(table.requirement))
        #expect(requirement.description == table.requirement)
        #expect(table.allowed.filter { !requirement.allows($0) } == [])
        #expect(table.refused.filter { requirement.allows($0) } == [])
    }

    @Test(
        "what is no requirement is refused",
        arguments: [
            "", " ", "1.", "a", ">=", "^", "1.2.3.4", "1.x.3", "x.1", "01.0.0", "1 | 2", "||", "^1 ||", ">>1",
            "=>1", "1.0.0 -", "- 1.0.0", ">*", "<x", "^-1", "[1.0,2.0)",
            String(repeating: "1.0.0 ", count: 50),
        ]
    )
    func noRequirement(text: String) {
        #expect(VersionRequirement(text) == nil)
    }

    @Test("versions are ordered by precedence")
    func precedence() throws {
        let texts = [
            "0.9.9", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0",
            "1.0.1", "1.10.0", "99999999999999999999.0.0",
        ]
        let versions = texts.compactMap { SemanticVersion($0) }
        #expect(versions.count == texts.count)
        #expect(versions.shuffled().sorted() == versions)
    }
}
