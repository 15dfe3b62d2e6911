/// Runs of a text with anything between them.
package struct ResourceGlob: Hashable, Sendable {
    /// What follows each other without a `*` between.
    package typealias Segment = [Part]

    /// A piece of a segment.
    package enum Part: Hashable, Sendable {
        /// These bytes.
        case literal(Literal)
        /// All bytes up to the next `/` or the end; it follows a `/` or begins the text.
        case level
    }

    /// Bytes, and what it takes to find them in linear time (Knuth, Morris and Pratt).
    package struct Literal: Hashable, Sendable {
        /// The bytes, at least one.
        package let bytes: [UInt8]
        /// For each beginning of the bytes, how long the longest shorter one is that also ends it.
        let borders: [Int]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            var borders = [0]
            var count = 0
            for byte in bytes.dropFirst() {
                while count > 0, bytes[count] != byte { count = borders[count - 1] }
                if bytes[count] == byte { count += 1 }
                borders.append(count)
            }
            self.borders = borders
        }
    }

    /// The first begins the text, the last ends it, and each two have any run of bytes between them.
    package let segments: [Segment]

    /// The one text that it matches; `nil` when there are more.
    package var onlyText: [UInt8]? {
        guard segments.count == 1 else { return nil }
        switch segments[0].first {
        case .literal(let literal) where segments[0].count == 1: return literal.bytes
        case nil: return []
        default: return nil
        }
    }
}
