import FoundationEssentials
import Glibc

/// What the command writes: lines for people on standard output, errors on standard error.
enum Output {
    /// Writes a line at once, so that a reader behind a pipe sees it.
    static func line(_ text: String) {
        write(Array("\(text)\n".utf8), to: STDOUT_FILENO)
    }

    /// Writes a line to standard error.
    static func error(_ text: String) {
        write(Array("\(text)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes all of `bytes`; a reader that is gone is nobody's error.
    static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Writes what functions or the cloud sent: to the byte, but with control characters as escapes on a
    /// terminal.
    static func foreign(_ bytes: some Collection<UInt8>) {
        var escaper = ControlEscaper.forStandardOutput
        write(escaper?.escaped(bytes) ?? Array(bytes))
    }

    /// Writes a value as JSON for programs.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
