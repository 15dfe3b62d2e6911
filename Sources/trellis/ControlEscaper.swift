import Glibc

/// Shows control characters in a stream of UTF-8 as escapes, so that a log can't steer the terminal.
///
/// Line ends and tabs pass, and so does what is no UTF-8.
struct ControlEscaper {
    /// The first byte of the two that U+0080 to U+00BF take; those below U+00A0 are control characters.
    private static let lead: UInt8 = 0xC2

    /// One when standard output is a terminal; files and pipes get the bytes as they are.
    static var forStandardOutput: Self? { isatty(STDOUT_FILENO) == 1 ? Self() : nil }

    /// Whether the bytes so far ended with ``lead``, which is not passed on before the next is known.
    private var hasLead = false

    mutating func escaped(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var shown: [UInt8] = []
        for byte in bytes {
            let afterLead = hasLead
            hasLead = false
            if afterLead, (0x80..<0xA0).contains(byte) {
                shown += Self.escape(byte)
                continue
            }
            if afterLead {
                shown.append(Self.lead)
            }
            switch byte {
            case Self.lead: hasLead = true
            case 0x09, 0x0A: shown.append(byte)
            case 0..<0x20, 0x7F: shown += Self.escape(byte)
            default: shown.append(byte)
            }
        }
        return shown
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        Array("\\u{\(String(byte, radix: 16))}".utf8)
    }
}
