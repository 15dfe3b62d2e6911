/// Versions of components (semver.org).
enum SemanticVersion {
    private static let lengthMax = 64

    /// Whether `text` is one, no longer than Greengrass allows, and so fit for the name of a folder.
    static func isValid(_ text: String) -> Bool {
        let build = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let release = build[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = release[0].split(separator: ".", omittingEmptySubsequences: false)
        let suffixes = release.dropFirst() + build.dropFirst()
        return text.utf8.count <= lengthMax && numbers.count == 3
            && numbers.allSatisfy { number in
                !number.isEmpty && String(number).isMade(of: \.isNumber)
                    && (number == "0" || number.first != "0")
            }
            && suffixes.allSatisfy { suffix in
                suffix.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { identifier in
                    !identifier.isEmpty
                        && String(identifier).isMade { $0.isLetter || $0.isNumber || $0 == "-" }
                }
            }
    }
}
