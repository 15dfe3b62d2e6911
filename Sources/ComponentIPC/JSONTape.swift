/// What a JSON text consists of, found in one pass and written down in order; the text itself is not copied.
///
/// Values inside of `depthMax` containers are checked and not written down: who wants them takes their text
/// as it is.
struct JSONTape {
    /// A value, and its key where it is a member of an object.
    struct Entry {
        var kind: Kind
        /// Where the value's text lies; a string's without its quotes.
        var text: Range<Int>
        /// Where the key's text lies, without its quotes; empty in an array.
        var key = 0..<0
        /// The entry after everything inside of this one.
        var next = 0
        var hasEscapes = false
        var keyHasEscapes = false
    }

    enum Kind {
        case null, `true`, `false`, number, string, array, object
    }

    /// So many containers deep, values are written down.
    private static let depthMax = 3
    /// So many values are written down at most: a request has a dozen, and a text of commas can't fill the
    /// memory.
    private static let entryCountMax = 10_000
    /// So many containers deep a text may be; Python's own writer stops at 1,000.
    private static let nestingMax = 1_000

    /// The first is the whole text.
    private(set) var entries: [Entry] = []

    /// Reads a whole text, in the place of the one before.
    ///
    /// - Throws: `JSONTapeError`, when `text` is no JSON (RFC 8259), or too much of it.
    mutating func read(_ text: RawSpan) throws(JSONTapeError) {
        entries.removeAll(keepingCapacity: true)
        try text.withUnsafeBytes { text throws(JSONTapeError) in
            guard (try? UTF8Span(validating: text.assumingMemoryBound(to: UInt8.self).span)) != nil else {
                throw JSONTapeError("it is no UTF-8")
            }
            var scanner = JSONScanner(text)
            scanner.skipBlanks()
            try value(&scanner, depth: 0, key: 0..<0, keyHasEscapes: false)
            scanner.skipBlanks()
            guard scanner.isAtEnd else { throw scanner.unexpected }
        }
    }

    /// The member of the object at `entry` that is called `name`; the last one, when there are several.
    ///
    /// `name` is found also where the text writes it with escapes. Null is no member: it says that there is
    /// none.
    func member(_ name: StaticString, of entry: Int, in text: RawSpan) -> Int? {
        var found: Int?
        var child = entry + 1
        while child < entries[entry].next {
            if isKey(entries[child], name, in: text) {
                found = entries[child].kind == .null ? nil : child
            }
            child = entries[child].next
        }
        return found
    }

    /// Calls `body` with each value directly inside of the array or object at `entry`.
    func forEachChild<Failure: Error>(
        of entry: Int,
        _ body: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        var child = entry + 1
        while child < entries[entry].next {
            try body(child)
            child = entries[child].next
        }
    }

    private func isKey(_ entry: Entry, _ name: StaticString, in text: RawSpan) -> Bool {
        guard entry.keyHasEscapes else { return text.extracting(entry.key).isText(name) }
        return text.extracting(entry.key).withUnsafeBytes { key in
            JSONScanner.unescaped(key).elementsEqual(UnsafeRawBufferPointer(name))
        }
    }

    private mutating func value(
        _ scanner: inout JSONScanner,
        depth: Int,
        key: Range<Int>,
        keyHasEscapes: Bool
    ) throws(JSONTapeError) {
        guard entries.count < Self.entryCountMax else {
            throw JSONTapeError("it has more than \(Self.entryCountMax) values")
        }
        let index = entries.count
        let kind = try scanner.kind
        entries.append(Entry(kind: kind, text: scanner.offset..<scanner.offset, key: key))
        entries[index].keyHasEscapes = keyHasEscapes
        switch kind {
        case .array, .object:
            if depth < Self.depthMax {
                try children(of: kind, &scanner, depth: depth)
            } else {
                try scanner.skipContainer(depthMax: Self.nestingMax - depth)
            }
            entries[index].text = entries[index].text.lowerBound..<scanner.offset
        case .string:
            (entries[index].text, entries[index].hasEscapes) = try scanner.string()
        default:
            try scanner.skipScalar(kind)
            entries[index].text = entries[index].text.lowerBound..<scanner.offset
        }
        entries[index].next = entries.count
    }

    private mutating func children(
        of kind: Kind,
        _ scanner: inout JSONScanner,
        depth: Int
    ) throws(JSONTapeError) {
        let end = UInt8(ascii: kind == .object ? "}" : "]")
        scanner.advance()
        scanner.skipBlanks()
        if scanner.take(end) { return }
        repeat {
            var key = (text: 0..<0, hasEscapes: false)
            if kind == .object {
                key = try scanner.key()
            }
            try value(&scanner, depth: depth + 1, key: key.text, keyHasEscapes: key.hasEscapes)
        } while try scanner.hasNext(end)
    }
}

/// Why a text is no JSON that is taken.
struct JSONTapeError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
