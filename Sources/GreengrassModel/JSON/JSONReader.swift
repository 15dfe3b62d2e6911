/// Reads the values of one JSON text, byte by byte.
struct JSONReader: ~Copyable {
    let bytes: [UInt8]
    /// The next byte to read.
    var offset = 0
    private(set) var duplicateKeys: [JSONProblem] = []
    /// Where line and column were last counted; places are asked for in the order of the text, so that
    /// counting costs no more than reading.
    private var counted = (offset: 0, place: SourcePlace(line: 1, column: 1))

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func readDocument() throws(JSONProblem) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw problem("found a byte order mark; save the file as UTF-8 without one")
        }
        try checkEncoding()
        skipWhitespace()
        let value = try readValue(depth: 0)
        skipWhitespace()
        guard offset == bytes.count else {
            throw problem("found \(foundHere) after the end of the document; only one value is allowed")
        }
        return value
    }

    /// Throws at the first byte that is no UTF-8, so that all that follows may take the text for valid.
    private mutating func checkEncoding() throws(JSONProblem) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            offset = error.byteOffsets.lowerBound
            throw problem("found a byte that is not UTF-8; save the file as UTF-8")
        }
    }

    private mutating func readValue(depth: Int) throws(JSONProblem) -> JSONValue {
        let place = placeHere()
        let content: JSONValue.Content =
            switch peek() {
            case UInt8(ascii: "{"): .object(try readObject(depth: depth + 1))
            case UInt8(ascii: "["): .array(try readArray(depth: depth + 1))
            case UInt8(ascii: "\""): .string(try readString())
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number(try readNumber())
            default: try readLiteral()
            }
        return JSONValue(content: content, place: place)
    }

    private mutating func readObject(depth: Int) throws(JSONProblem) -> [JSONMember] {
        try enter(depth)
        var members: [JSONMember] = []
        var keys: Set<String> = []
        guard !skip(UInt8(ascii: "}")) else { return members }
        repeat {
            let place = placeHere()
            guard peek() == UInt8(ascii: "\"") else {
                throw problem("found \(foundHere); a key in double quotes is expected here")
            }
            let key = try readString()
            skipWhitespace()
            guard skip(UInt8(ascii: ":")) else {
                throw problem("found \(foundHere); a colon is expected after the key \(key.quoted)")
            }
            let value = try readValue(depth: depth)
            skipWhitespace()
            if keys.insert(key).inserted {
                members.append(JSONMember(key: key, place: place, value: value))
            } else if duplicateKeys.count < DiagnosticLog.countMax {
                duplicateKeys.append(
                    JSONProblem(place: place, message: "found the key \(key.quoted) twice; once is allowed")
                )
            }
        } while try skipComma(before: UInt8(ascii: "}"))
        return members
    }

    private mutating func readArray(depth: Int) throws(JSONProblem) -> [JSONValue] {
        try enter(depth)
        var elements: [JSONValue] = []
        guard !skip(UInt8(ascii: "]")) else { return elements }
        repeat {
            elements.append(try readValue(depth: depth))
            skipWhitespace()
        } while try skipComma(before: UInt8(ascii: "]"))
        return elements
    }

    private mutating func enter(_ depth: Int) throws(JSONProblem) {
        guard depth <= JSONDocument.depthMax else {
            throw problem(
                "found more than \(JSONDocument.depthMax) levels of lists and objects in each other"
            )
        }
        offset += 1
        skipWhitespace()
    }

    /// True when another element follows; false after the closing bracket.
    private mutating func skipComma(before close: UInt8) throws(JSONProblem) -> Bool {
        if skip(close) { return false }
        let closing = String(UnicodeScalar(close)).quoted
        guard skip(UInt8(ascii: ",")) else {
            throw problem("found \(foundHere); a comma or \(closing) is expected here")
        }
        guard peek() != close else {
            throw problem("found \(closing) after a comma; remove the comma")
        }
        return true
    }

    private mutating func readLiteral() throws(JSONProblem) -> JSONValue.Content {
        let literals: [(String, JSONValue.Content)] = [
            ("true", .bool(true)), ("false", .bool(false)), ("null", .null),
        ]
        for (text, content) in literals where bytes[offset...].starts(with: text.utf8) {
            offset += text.utf8.count
            return content
        }
        throw problem("found \(foundHere); a value is expected here")
    }
}

/// What the other files of the reader need.
extension JSONReader {
    /// The next byte, or 0 at the end, which no token begins with.
    func peek() -> UInt8 {
        offset < bytes.count ? bytes[offset] : 0
    }

    mutating func skipWhitespace() {
        while true {
            switch peek() {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    /// Skips `byte` and the whitespace after it, if it comes next.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        skipWhitespace()
        return true
    }

    mutating func placeHere() -> SourcePlace {
        for byte in bytes[counted.offset..<max(offset, counted.offset)] {
            if byte == UInt8(ascii: "\n") {
                counted.place = SourcePlace(line: counted.place.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                counted.place.column += 1
            }
        }
        counted.offset = max(offset, counted.offset)
        return counted.place
    }

    /// What stands at the offset, for a message.
    var foundHere: String {
        guard offset < bytes.count else { return "the end of the file" }
        return String(decoding: bytes[offset...].prefix(4), as: UTF8.self).prefix(1).quoted
    }

    mutating func problem(_ message: String) -> JSONProblem {
        JSONProblem(place: placeHere(), message: message)
    }
}
