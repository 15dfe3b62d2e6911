/// A resource of a policy, read: which topics, components and so on it stands for.
///
/// `*` is any run of characters, `/` among them; `${*}`, `${$}` and `${?}` are those characters themselves.
/// For the service `aws.greengrass.ipc.mqttproxy` a level `+` is any one level, and a last level `#` is all
/// that is below, and what it is below of. Elsewhere `+` and `#` are plain characters.
package struct ResourcePattern: Hashable, Sendable {
    /// The longest pattern, in bytes; twice what a topic of AWS IoT Core may have with its longest prefix.
    package static let bytesMax = 1024

    /// As it was written.
    package let text: String
    /// A text matches the pattern when it matches one of these.
    package let globs: [ResourceGlob]

    /// Reads a resource of a policy for `service`.
    ///
    /// - Throws: What is wrong with it.
    package init(_ text: String, service: String) throws(ResourcePatternError) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.bytesMax else { throw .tooLong }
        self.text = text
        var reader = Reader(
            bytes: Array(text.utf8),
            hasTopicWildcards: service == IPCService.mqttProxy
        )
        globs = try reader.read()
    }

    private struct Reader {
        private static let star = UInt8(ascii: "*")
        private static let slash = UInt8(ascii: "/")

        let bytes: [UInt8]
        let hasTopicWildcards: Bool
        private var segments: [ResourceGlob.Segment] = [[]]
        private var literal: [UInt8] = []

        init(bytes: [UInt8], hasTopicWildcards: Bool) {
            self.bytes = bytes
            self.hasTopicWildcards = hasTopicWildcards
        }

        mutating func read() throws(ResourcePatternError) -> [ResourceGlob] {
            var offset = 0
            while offset < bytes.count {
                switch bytes[offset] {
                case Self.star:
                    endLiteral()
                    segments.append([])
                case UInt8(ascii: "+") where hasTopicWildcards && isWholeLevel(offset):
                    endLiteral()
                    segments[segments.count - 1].append(.level)
                case UInt8(ascii: "#")
                where hasTopicWildcards && isWholeLevel(offset) && offset == bytes.count - 1:
                    return belowAndItself()
                case UInt8(ascii: "?"):
                    throw .questionMark
                case UInt8(ascii: "$") where bytes[offset...].dropFirst().first == UInt8(ascii: "{"):
                    literal.append(try escaped(at: offset))
                    offset += 3
                case let byte:
                    literal.append(byte)
                }
                offset += 1
            }
            return [glob()]
        }

        private func isWholeLevel(_ offset: Int) -> Bool {
            (offset == 0 || bytes[offset - 1] == Self.slash)
                && (offset == bytes.count - 1 || bytes[offset + 1] == Self.slash)
        }

        /// `a/#` is `a` or `a/*`, and `#` is `*`.
        private mutating func belowAndItself() -> [ResourceGlob] {
            guard literal.last == Self.slash else { return [ResourceGlob(segments: [[], []])] }
            var itself = self
            itself.literal.removeLast()
            endLiteral()
            segments.append([])
            return [itself.glob(), glob()]
        }

        /// The character in `${…}`.
        private func escaped(at offset: Int) throws(ResourcePatternError) -> UInt8 {
            guard offset + 3 < bytes.count, bytes[offset + 3] == UInt8(ascii: "}"),
                "*$?".utf8.contains(bytes[offset + 2])
            else { throw .unknownEscape }
            return bytes[offset + 2]
        }

        private mutating func endLiteral() {
            guard !literal.isEmpty else { return }
            segments[segments.count - 1].append(.literal(ResourceGlob.Literal(literal)))
            literal = []
        }

        private mutating func glob() -> ResourceGlob {
            endLiteral()
            return ResourceGlob(segments: segments)
        }
    }
}
