/// The version of a component (semver.org).
struct SemanticVersion: Hashable, Comparable {
    /// Greengrass' own limit.
    private static let lengthMax = 64

    /// The three numbers, most significant first.
    let numbers: [Int]
    /// What follows the hyphen, split at dots; empty for a release.
    let preRelease: [String]

    init(numbers: [Int], preRelease: [String] = []) {
        self.numbers = numbers
        self.preRelease = preRelease
    }

    /// Reads a version; `nil` when `text` is none, or longer than Greengrass allows.
    init?(_ text: String) {
        let build = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let release = build[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = release[0].split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        let suffixes = (release.dropFirst() + build.dropFirst()).map {
            $0.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        }
        let areIdentifiers = suffixes.allSatisfy { identifiers in
            identifiers.allSatisfy { identifier in
                !identifier.isEmpty && identifier.isMade { $0.isLetter || $0.isNumber || $0 == "-" }
            }
        }
        guard text.utf8.count <= Self.lengthMax, numbers.count == 3, !numbers.contains(nil), areIdentifiers
        else { return nil }
        self.numbers = numbers.compactMap(\.self)
        preRelease = release.count > 1 ? suffixes[0] : []
    }

    /// A number as a version has it: digits, without a leading zero.
    static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, String(text).isMade(of: \.isNumber), text == "0" || text.first != "0" else {
            return nil
        }
        // A version may have up to 64 characters; what is beyond an Int is larger than any other number.
        return Int(text) ?? .max
    }

    /// Whether `text` is a version, and so fit for the name of a folder.
    static func isValid(_ text: String) -> Bool {
        SemanticVersion(text) != nil
    }

    /// Compares by precedence: numbers first, a pre-release before its release; builds do not count.
    static func < (one: SemanticVersion, other: SemanticVersion) -> Bool {
        guard one.numbers == other.numbers else {
            return one.numbers.lexicographicallyPrecedes(other.numbers)
        }
        guard !one.preRelease.isEmpty, !other.preRelease.isEmpty else {
            return !one.preRelease.isEmpty && other.preRelease.isEmpty
        }
        return one.preRelease.lexicographicallyPrecedes(other.preRelease) { one, other in
            switch (number(one), number(other)) {
            case (let one?, let other?): one < other
            case (nil, nil): one < other
            case (let one, _): one != nil
            }
        }
    }
}
