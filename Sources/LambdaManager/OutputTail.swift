/// The last lines of an instance's output.
package struct OutputTail: Sendable {
    /// So many lines are kept.
    static let linesMax = 10
    /// So many bytes they have together, and a longer line is cut to.
    static let bytesMax = 4 * 1024

    /// The lines, the last one last.
    package private(set) var lines: [String] = []
    private var byteCount = 0

    /// Knows of no line.
    package init() {}

    /// Takes the next line.
    package mutating func append(_ line: String) {
        let cut =
            line.utf8.count <= Self.bytesMax
            ? line : String(decoding: line.utf8.prefix(Self.bytesMax - 3), as: UTF8.self) + "…"
        lines.append(cut)
        byteCount += cut.utf8.count
        while lines.count > Self.linesMax || (byteCount > Self.bytesMax && lines.count > 1) {
            byteCount -= lines.removeFirst().utf8.count
        }
    }
}
