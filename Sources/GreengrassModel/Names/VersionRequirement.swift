/// Which versions of a component do: the requirements that Greengrass takes, in npm's notation.
///
/// Alternatives are joined by `||`; within one, every comparison must hold. A comparison is `=`, `>`, `>=`,
/// `<`, `<=`, `^` or `~` before a version, a version alone, or two versions with ` - ` between; a version may
/// end early or have `x`, `X` or `*` in the place of a number.
package struct VersionRequirement: Hashable, Sendable {
    /// The longest one, as Greengrass' API has it.
    private static let lengthMax = 256

    /// What a text may look like.
    static let allowed = "a version requirement is like >=1.0.0 <2.0.0, ^1.2.0, ~1.2, 1.x or *"

    private enum Bound: Hashable, Sendable {
        case atLeast(SemanticVersion)
        case above(SemanticVersion)
        case below(SemanticVersion)
        case atMost(SemanticVersion)
        case exactly(SemanticVersion)

        func allows(_ version: SemanticVersion) -> Bool {
            switch self {
            case .atLeast(let least): version >= least
            case .above(let limit): version > limit
            case .below(let limit): version < limit
            case .atMost(let most): version <= most
            case .exactly(let one): version == one
            }
        }
    }

    /// The requirement as it is written.
    package let description: String
    private let alternatives: [[Bound]]

    /// Reads a requirement; `nil` when `text` is none.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.lengthMax else { return nil }
        var alternatives: [[Bound]] = []
        for part in text.split(separator: "||", omittingEmptySubsequences: false) {
            guard let bounds = Self.bounds(of: part) else { return nil }
            alternatives.append(bounds)
        }
        description = text
        self.alternatives = alternatives
    }

    /// Whether the version `text` does; what is no version does not.
    package func allows(_ text: String) -> Bool {
        guard let version = SemanticVersion(text) else { return false }
        return alternatives.contains { $0.allSatisfy { $0.allows(version) } }
    }

    private static func bounds(of alternative: Substring) -> [Bound]? {
        var words = alternative.split(separator: " ").map(String.init)[...]
        guard !words.isEmpty else { return nil }
        var bounds: [Bound] = []
        while var word = words.popFirst() {
            if words.first == "-" {
                words.removeFirst()
                guard let last = words.popFirst(), let low = Partial(word), let high = Partial(last) else {
                    return nil
                }
                bounds += [.atLeast(low.lowest), high.next.map { .below($0) } ?? .atMost(high.lowest)]
                continue
            }
            // An operator may stand apart from its version.
            if word.allSatisfy({ "<>=^~".contains($0) }), let version = words.popFirst() {
                word += version
            }
            guard let comparison = comparison(word) else { return nil }
            bounds += comparison
        }
        return bounds
    }

    private static func comparison(_ word: String) -> [Bound]? {
        let operation = word.prefix { "<>=^~".contains($0) }
        guard let version = Partial(String(word.dropFirst(operation.count))) else { return nil }
        switch operation {
        case "", "=":
            guard let next = version.next else {
                return version.isAny ? [.atLeast(version.lowest)] : [.exactly(version.lowest)]
            }
            return [.atLeast(version.lowest), .below(next)]
        case ">=":
            return [.atLeast(version.lowest)]
        case ">":
            return version.isAny ? nil : [version.next.map { .atLeast($0) } ?? .above(version.lowest)]
        case "<":
            return version.isAny ? nil : [.below(version.lowest)]
        case "<=":
            return version.isAny
                ? [.atLeast(version.lowest)] : [version.next.map { .below($0) } ?? .atMost(version.lowest)]
        case "^":
            return version.isAny
                ? [.atLeast(version.lowest)] : [.atLeast(version.lowest), .below(version.nextIncompatible)]
        case "~":
            return version.isAny
                ? [.atLeast(version.lowest)] : [.atLeast(version.lowest), .below(version.nextMinor)]
        default:
            return nil
        }
    }
}

extension VersionRequirement {
    /// A version that may end early: `1`, `1.2`, `1.x`, `*`.
    private struct Partial {
        /// The numbers that are given.
        let given: [Int]
        let preRelease: [String]

        init?(_ text: String) {
            if let version = SemanticVersion(text) {
                given = version.numbers
                preRelease = version.preRelease
                return
            }
            preRelease = []
            let fields = text.split(separator: ".", omittingEmptySubsequences: false)
            guard (1...3).contains(fields.count) else { return nil }
            let isWild = fields.map { ["x", "X", "*"].contains($0) }
            let numbers = fields.prefix(isWild.firstIndex(of: true) ?? fields.count)
                .map(SemanticVersion.number)
            guard !numbers.contains(nil), isWild.dropFirst(numbers.count).allSatisfy({ $0 }) else {
                return nil
            }
            given = numbers.compactMap(\.self)
        }

        var isAny: Bool { given.isEmpty }

        /// The lowest version that it stands for; for any version, the lowest release.
        var lowest: SemanticVersion {
            SemanticVersion(numbers: filled(given), preRelease: preRelease)
        }

        /// The first version after those that it stands for; `nil` when it stands for one, or for all.
        var next: SemanticVersion? {
            given.isEmpty || given.count == 3 ? nil : raised(at: given.count - 1)
        }

        /// What `^` excludes: the next version whose leftmost number other than 0 differs.
        var nextIncompatible: SemanticVersion {
            raised(at: given.firstIndex { $0 != 0 } ?? given.count - 1)
        }

        /// What `~` excludes: the next minor version, or the next major one when only that is given.
        var nextMinor: SemanticVersion {
            raised(at: min(1, given.count - 1))
        }

        private func raised(at index: Int) -> SemanticVersion {
            let number = given[index] == .max ? given[index] : given[index] + 1
            // Its pre-releases are of the next version already.
            return SemanticVersion(numbers: filled(Array(given.prefix(index)) + [number]), preRelease: ["0"])
        }

        private func filled(_ numbers: [Int]) -> [Int] {
            numbers + Array(repeating: 0, count: 3 - numbers.count)
        }
    }
}
