/// A text file of the project, and where in it something stands.
struct TextFile {
    /// The path from the project's root.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

    /// `path:line: text` of every line that matches `pattern`.
    func places(matching pattern: some RegexComponent) -> [String] {
        places { $0.contains(pattern) }
    }

    /// `path:line: text` of every line that `isWrong`.
    func places(where isWrong: (Substring) -> Bool) -> [String] {
        lines.enumerated().filter { isWrong($0.element) }.map { "\(path):\($0.offset + 1): \($0.element)" }
    }
}
