import TestSupport
import Testing

@testable import GreengrassModel

@Suite("Resources of policies")
struct ResourcePatternTests {
    @Test(
        "a star is any run of characters, slashes among them, and + and # are plain characters",
        arguments: [
            ("*", "", true), ("*", "a/b", true),
            ("a/b", "a/b", true), ("a/b", "a/b/", false), ("a/b", "A/b", false),
            ("a/*", "a/", true), ("a/*", "a/b/c", true), ("a/*", "a", false),
            ("*/b", "/b", true), ("*/b", "a/x/b", true), ("*/b", "b", false),
            ("a*b*c", "abc", true), ("a*b*c", "a/b/b/c", true), ("a*b*c", "acb", false),
            ("a*a", "a", false), ("a*a", "aa", true), ("a**b", "ab", true),
            ("a/#", "a/#", true), ("a/#", "a/b", false), ("a/#", "a", false),
            ("a/+", "a/+", true), ("a/+", "a/b", false),
            ("a${*}b", "a*b", true), ("a${*}b", "axb", false),
            ("${$}aws/${?}", "$aws/?", true), ("$aws/a", "$aws/a", true), ("a$", "a$", true),
            ("${*}*", "*x", true), ("é*", "éa", true),
        ]
    )
    func plain(pattern: String, text: String, matches: Bool) throws {
        #expect(try isMatch(pattern, text, service: IPCService.pubsub) == matches)
    }

    @Test(
        "for the cloud, whole levels + and # are wildcards of MQTT",
        arguments: [
            ("a/+", "a/b", true), ("a/+", "a/", true), ("a/+", "a", false), ("a/+", "a/b/c", false),
            ("+", "a", true), ("+", "a/b", false), ("+/b", "a/b", true), ("+/b", "/b", true),
            ("a/+/c", "a/b/c", true), ("a/+/c", "a//c", true), ("a/+/c", "a/b/b/c", false),
            ("a+", "ab", false), ("a+", "a+", true), ("a/+b", "a/xb", false),
            ("a/#", "a", true), ("a/#", "a/", true), ("a/#", "a/b/c", true), ("a/#", "ab", false),
            ("#", "", true), ("#", "a/b", true), ("a#", "ab", false), ("a#", "a#", true),
            ("a/#/c", "a/b/c", false), ("a/#/c", "a/#/c", true),
            ("a/*/+", "a/b/c/d", true), ("a/*/+", "a/b", false),
            ("a/*xy/#", "a/12xy", true), ("a/*xy/#", "a/12xy/b", true), ("a/*xy/#", "a/12xyz", false),
            ("+/*/+", "a/b/c", true), ("*/+/x/#", "a/b/x/y", true), ("+/#", "a", true),
            ("a/+", "a/+", true), ("a/#", "a/#", true), ("a/+", "a/#", true),
        ]
    )
    func cloud(pattern: String, text: String, matches: Bool) throws {
        #expect(try isMatch(pattern, text, service: IPCService.mqttProxy) == matches)
    }

    @Test(
        "what has no meaning is refused",
        arguments: [
            ("", ResourcePatternError.empty), ("a?b", .questionMark), ("${x}", .unknownEscape),
            ("${", .unknownEscape), ("${*", .unknownEscape), ("${**}", .unknownEscape),
            (String(repeating: "a", count: 1025), .tooLong),
        ]
    )
    func refused(pattern: String, error: ResourcePatternError) {
        #expect(throws: error) { try ResourcePattern(pattern, service: IPCService.pubsub) }
    }

    @Test("every pattern matches what a plain matcher with backtracking says", arguments: 0..<8)
    func againstPlainMatcher(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let service = Bool.random(using: &random) ? IPCService.pubsub : IPCService.mqttProxy
            let pattern = text(of: "aab/**+#", countMax: 8, using: &random)
            let text = text(of: "aab/", countMax: 10, using: &random)
            guard !pattern.isEmpty else { continue }
            let plain = PlainMatcher(
                pattern: Array(pattern),
                hasTopicWildcards: service == IPCService.mqttProxy
            )
            let expected = plain.matches(Array(text))
            #expect(try isMatch(pattern, text, service: service) == expected, "\(pattern) \(text) \(service)")
        }
    }

    @Test("a pattern of stars takes no longer than the text")
    func manyStars() throws {
        let pattern = String(repeating: "*a", count: 500) + "*b"
        let text = String(repeating: "a", count: 60_000)
        #expect(try !isMatch(pattern, text, service: IPCService.pubsub))
        #expect(try isMatch(pattern, text + "b", service: IPCService.pubsub))
    }

    private func isMatch(_ pattern: String, _ text: String, service: String) throws -> Bool {
        try ResourcePattern(pattern, service: service).globs.contains { $0.matches(text.utf8.span) }
    }

    private func text(of letters: String, countMax: Int, using random: inout SplitMix64) -> String {
        let letters = Array(letters)
        let count = Int.random(in: 0...countMax, using: &random)
        return String((0..<count).map { _ in letters.randomElement(using: &random) ?? "a" })
    }
}

/// Tries everything that a wildcard could stand for.
private struct PlainMatcher {
    let pattern: [Character]
    let hasTopicWildcards: Bool

    func matches(_ text: [Character]) -> Bool {
        matches(from: 0, text[...])
    }

    private func matches(from index: Int, _ text: ArraySlice<Character>) -> Bool {
        guard index < pattern.count else { return text.isEmpty }
        if pattern[index] == "*" {
            return (0...text.count).contains { matches(from: index + 1, text.dropFirst($0)) }
        }
        if hasTopicWildcards, pattern[index] == "+", isWholeLevel(index) {
            let levelCount = text.prefix { $0 != "/" }.count
            return (0...levelCount).contains { matches(from: index + 1, text.dropFirst($0)) }
        }
        if hasTopicWildcards, pattern[index...] == ["#"], isWholeLevel(index) { return true }
        if hasTopicWildcards, pattern[index...] == ["/", "#"], text.isEmpty { return true }
        return text.first == pattern[index] && matches(from: index + 1, text.dropFirst())
    }

    private func isWholeLevel(_ index: Int) -> Bool {
        (index == 0 || pattern[index - 1] == "/")
            && (index == pattern.count - 1 || pattern[index + 1] == "/")
    }
}
