/// Goes through a JSON text (RFC 8259) byte by byte; the text is UTF-8.
struct JSONScanner {
    private let text: UnsafeRawBufferPointer
    private(set) var offset = 0

    /// Begins at the beginning; `text` lives as long as this is used.
    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    var isAtEnd: Bool { offset == text.count }

    /// What is wrong here.
    var unexpected: JSONTapeError {
        guard !isAtEnd else { return JSONTapeError("it ends too early") }
        return JSONTapeError("byte \(offset) is not expected there")
    }

    /// What value begins here.
    var kind: JSONTape.Kind {
        get throws(JSONTapeError) {
            switch current {
            case UInt8(ascii: "{"): return .object
            case UInt8(ascii: "["): return .array
            case UInt8(ascii: "\""): return .string
            case UInt8(ascii: "t"): return .true
            case UInt8(ascii: "f"): return .false
            case UInt8(ascii: "n"): return .null
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
            default: throw unexpected
            }
        }
    }

    /// The byte here; 0, which is in no JSON text, at the end.
    private var current: UInt8 { offset < text.count ? text[offset] : 0 }

    mutating func advance() {
        offset += 1
    }

    /// Goes past `expected`, if it is here.
    mutating func take(_ expected: UInt8) -> Bool {
        guard current == expected else { return false }
        offset += 1
        return true
    }

    mutating func skipBlanks() {
        while true {
            switch current {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// Goes past a member's key and its colon, to its value.
    mutating func key() throws(JSONTapeError) -> (text: Range<Int>, hasEscapes: Bool) {
        guard current == UInt8(ascii: "\"") else { throw unexpected }
        let key = try string()
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { throw unexpected }
        skipBlanks()
        return key
    }

    /// Goes on after a value in a container, to the next one or just past the end.
    mutating func hasNext(_ end: UInt8) throws(JSONTapeError) -> Bool {
        skipBlanks()
        if take(UInt8(ascii: ",")) {
            skipBlanks()
            return true
        }
        guard take(end) else { throw unexpected }
        return false
    }

    /// Goes past the string that begins here.
    ///
    /// - Returns: What stands between its quotes.
    mutating func string() throws(JSONTapeError) -> (text: Range<Int>, hasEscapes: Bool) {
        offset += 1
        let start = offset
        var hasEscapes = false
        while true {
            skipPlainCharacters()
            switch current {
            case UInt8(ascii: "\""):
                offset += 1
                return (start..<offset - 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            default:
                throw unexpected
            }
        }
    }

    /// Goes on to a quote, a backslash or a control character, eight bytes at a time.
    private mutating func skipPlainCharacters() {
        while offset + 8 <= text.count {
            let word = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard !word.hasByte(UInt8(ascii: "\"")), !word.hasByte(UInt8(ascii: "\\")), !word.hasControlByte
            else { break }
            offset += 8
        }
        while offset < text.count {
            let next = text[offset]
            if next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") || next < 0x20 { return }
            offset += 1
        }
    }

    private mutating func skipEscape() throws(JSONTapeError) {
        offset += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 1
        case UInt8(ascii: "u"):
            offset += 1
            for _ in 0..<4 {
                guard current.hexDigit != nil else { throw unexpected }
                offset += 1
            }
        default:
            throw unexpected
        }
    }

    /// Goes past `null`, `true`, `false` or a number.
    mutating func skipScalar(_ kind: JSONTape.Kind) throws(JSONTapeError) {
        switch kind {
        case .true: try skip("true")
        case .false: try skip("false")
        case .null: try skip("null")
        default: try skipNumber()
        }
    }

    private mutating func skip(_ word: StaticString) throws(JSONTapeError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else { throw unexpected }
        }
    }

    private mutating func skipNumber() throws(JSONTapeError) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            try skipDigits()
        }
        if take(UInt8(ascii: ".")) {
            try skipDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONTapeError) {
        guard current.isDigit else { throw unexpected }
        while current.isDigit {
            offset += 1
        }
    }

    /// Goes past the array or object that begins here, without a call for each container in it.
    mutating func skipContainer(depthMax: Int) throws(JSONTapeError) {
        var ends: [UInt8] = []
        repeat {
            let kind = try kind
            switch kind {
            case .array, .object:
                guard ends.count < depthMax else { throw JSONTapeError("it is nested too deeply") }
                ends.append(UInt8(ascii: kind == .object ? "}" : "]"))
                advance()
                skipBlanks()
                if !take(ends[ends.count - 1]) {
                    if kind == .object {
                        _ = try key()
                    }
                    continue
                }
                ends.removeLast()
            case .string:
                _ = try string()
            default:
                try skipScalar(kind)
            }
            while let end = ends.last, try !hasNext(end) {
                ends.removeLast()
            }
            if ends.last == UInt8(ascii: "}") {
                _ = try key()
            }
        } while !ends.isEmpty
    }

    /// What a string's text, checked before, stands for; a surrogate without its pair becomes U+FFFD.
    static func unescaped(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var scanner = JSONScanner(text)
        while !scanner.isAtEnd {
            let next = scanner.current
            scanner.offset += 1
            guard next == UInt8(ascii: "\\") else {
                bytes.append(next)
                continue
            }
            let escape = scanner.current
            scanner.offset += 1
            switch escape {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"): bytes += Array(String(scanner.unicodeEscape()).utf8)
            default: bytes.append(escape)
            }
        }
        return bytes
    }

    /// Goes past the four digits of an escape, and past the other half of a pair.
    private mutating func unicodeEscape() -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        let first = fourDigits()
        guard UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")) else {
            return Unicode.Scalar(first) ?? replacement
        }
        guard take(UInt8(ascii: "u")) else {
            offset -= 1
            return replacement
        }
        let second = fourDigits()
        guard UTF16.isTrailSurrogate(second) else {
            offset -= 6
            return replacement
        }
        let pair = UInt32(first - 0xD800) << 10 + UInt32(second - 0xDC00)
        return Unicode.Scalar(0x1_0000 + pair) ?? replacement
    }

    private mutating func fourDigits() -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            value = value << 4 | UInt16(current.hexDigit ?? 0)
            offset += 1
        }
        return value
    }
}

extension UInt64 {
    private static let lowBits: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Whether one of the eight bytes is `byte`.
    fileprivate func hasByte(_ byte: UInt8) -> Bool {
        let difference = self ^ Self.lowBits &* UInt64(byte)
        return (difference &- Self.lowBits) & ~difference & Self.highBits != 0
    }

    /// Whether one of the eight bytes is below 0x20.
    fileprivate var hasControlByte: Bool {
        (self &- Self.lowBits &* 0x20) & ~self & Self.highBits != 0
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
