/// Matching: every segment is taken where it comes first, and the last one from the end, so that nothing is
/// ever tried twice.
///
/// The time is linear in the text, and a level in a segment multiplies it with the length of the pattern at
/// most.
extension ResourceGlob {
    /// Whether all of `text` matches.
    package func matches(_ text: Span<UInt8>) -> Bool {
        guard var position = Self.end(of: segments[0], in: text, at: 0) else { return false }
        if segments.count == 1 { return position == text.count }
        for segment in segments[1..<(segments.count - 1)] {
            guard let end = Self.firstEnd(of: segment, in: text, from: position) else { return false }
            position = end
        }
        guard let start = Self.start(of: segments[segments.count - 1], before: text) else { return false }
        return position <= start
    }

    /// Where `segment` ends when it begins at `start`.
    private static func end(of segment: Segment, in text: Span<UInt8>, at start: Int) -> Int? {
        var position = start
        for part in segment {
            switch part {
            case .literal(let literal):
                guard hasLiteral(literal, in: text, at: position) else { return nil }
                position += literal.bytes.count
            case .level:
                while position < text.count, text[position] != slash { position += 1 }
            }
        }
        return position
    }

    /// Where `segment` ends at its first place from `start` on.
    private static func firstEnd(of segment: Segment, in text: Span<UInt8>, from start: Int) -> Int? {
        // A level follows a slash, so only a glob's first segment can begin with one.
        guard case .literal(let literal)? = segment.first else { return start }
        var start = start
        while let found = firstIndex(of: literal, in: text, from: start) {
            if let end = end(of: segment, in: text, at: found) { return end }
            start = found + 1
        }
        return nil
    }

    /// Where `segment` begins when it ends the text.
    private static func start(of segment: Segment, before text: Span<UInt8>) -> Int? {
        var position = text.count
        for part in segment.reversed() {
            switch part {
            case .literal(let literal):
                position -= literal.bytes.count
                guard position >= 0, hasLiteral(literal, in: text, at: position) else { return nil }
            case .level:
                while position > 0, text[position - 1] != slash { position -= 1 }
            }
        }
        return position
    }

    private static func hasLiteral(_ literal: Literal, in text: Span<UInt8>, at position: Int) -> Bool {
        let bytes = literal.bytes
        guard text.count - position >= bytes.count else { return false }
        for index in bytes.indices where text[position + index] != bytes[index] {
            return false
        }
        return true
    }

    private static func firstIndex(of literal: Literal, in text: Span<UInt8>, from start: Int) -> Int? {
        let bytes = literal.bytes
        var count = 0
        for index in start..<max(start, text.count) {
            while count > 0, bytes[count] != text[index] { count = literal.borders[count - 1] }
            if bytes[count] == text[index] { count += 1 }
            if count == bytes.count { return index + 1 - count }
        }
        return nil
    }

    private static let slash = UInt8(ascii: "/")
}
