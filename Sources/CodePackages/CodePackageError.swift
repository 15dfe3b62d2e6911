/// Why an archive was not unpacked, or would not be.
package struct CodePackageError: Error, CustomStringConvertible {
    /// The path of the archive.
    package let archive: String
    /// The name of the entry that is at fault, as the archive has it, if it is one.
    package let entry: String?
    /// What is wrong and what to do about it.
    package let problem: String

    init(archive: String, problem: PackageProblem) {
        self.archive = archive
        self.entry = problem.entry
        self.problem = problem.text
    }

    /// All of it in one line of a log, whatever the names hold.
    package var description: String {
        let place = entry.map { ", entry \"\($0.shown(lengthMax: Self.shownEntryCharactersMax))\"" } ?? ""
        return "\(archive.shown(lengthMax: Self.shownPathCharactersMax))\(place): \(problem)"
    }

    /// The entry and what is wrong, for a place that names the archive already.
    package var reason: String {
        let place = entry.map { "entry \"\($0.shown(lengthMax: Self.shownEntryCharactersMax))\": " } ?? ""
        return place + problem
    }

    /// About a line of a terminal: enough to find the entry.
    private static let shownEntryCharactersMax = 120
    /// A path that works is not cut: it is Linux's `PATH_MAX`.
    private static let shownPathCharactersMax = 4_096
}

extension String {
    /// The text with what would break or fake a line of a log escaped, and cut when it is longer.
    fileprivate func shown(lengthMax: Int) -> String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(lengthMax) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars
            default:
                if scalar == "\"" || scalar == "\\" { text.append("\\") }
                text.append(scalar)
            }
        }
        let isCut = unicodeScalars.dropFirst(lengthMax).first != nil
        return String(text) + (isCut ? "…" : "")
    }
}
