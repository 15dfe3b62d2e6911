internal import NIOCore

/// The JSON object that an operation is asked with.
struct Request {
    /// The text; its first byte is at 0.
    let bytes: ByteBuffer
    private let tape: JSONTape

    /// Checks that a tape is one of an object.
    init(_ bytes: ByteBuffer, _ tape: JSONTape) throws(IPCError) {
        guard tape.entries[0].kind == .object else {
            throw .invalidArguments("the request is no JSON object")
        }
        self.bytes = bytes
        self.tape = tape
    }

    /// Where a member stands in the tape; nil when it is absent or null.
    func member(_ name: StaticString, of entry: Int = 0) -> Int? {
        tape.member(name, of: entry, in: bytes.readableBytesSpan)
    }

    /// The entry itself.
    subscript(_ entry: Int) -> JSONTape.Entry { tape.entries[entry] }

    /// Calls `body` with each value directly inside of an array or object.
    func forEachChild(of entry: Int, _ body: (Int) throws(IPCError) -> Void) throws(IPCError) {
        try tape.forEachChild(of: entry, body)
    }

    /// A member that is an object.
    func object(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> Int? {
        try member(name, .object, "an object", of: entry)
    }

    /// A member that is an array.
    func array(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> Int? {
        try member(name, .array, "a list", of: entry)
    }

    /// Where a member that is a string stands in the tape.
    func stringEntry(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> Int? {
        try member(name, .string, "a string", of: entry)
    }

    /// A member that is a string.
    func string(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> String? {
        try stringEntry(name, of: entry).map { String(decoding: utf8(of: $0), as: UTF8.self) }
    }

    /// A member that is a string and must not be missing or empty.
    func requiredString(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> String {
        guard let text = try string(name, of: entry), !text.isEmpty else { throw .missing(name) }
        return text
    }

    /// A member that is true or false.
    func bool(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> Bool? {
        guard let member = member(name, of: entry) else { return nil }
        switch self[member].kind {
        case .true: return true
        case .false: return false
        default: throw .wrongType(name, "true or false")
        }
    }

    /// A member that is a number.
    func number(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> Double? {
        try member(name, .number, "a number", of: entry).map { Double(text(of: $0)) ?? .infinity }
    }

    /// A member that is base64.
    func blob(_ name: StaticString, of entry: Int = 0) throws(IPCError) -> ByteBuffer? {
        try stringEntry(name, of: entry).map { member throws(IPCError) in
            try bytes(ofBase64: member, name)
        }
    }

    /// The bytes that a string stands for, which is called `name`.
    func bytes(ofBase64 entry: Int, _ name: StaticString) throws(IPCError) -> ByteBuffer {
        let blob =
            self[entry].hasEscapes
            ? ByteBuffer(base64: utf8(of: entry).span.bytes)
            : ByteBuffer(base64: bytes.readableBytesSpan.extracting(self[entry].text))
        guard let blob else { throw .wrongType(name, "base64 with padding") }
        return blob
    }

    /// A string's text, when it stands for itself; nil when there are escapes in it.
    func plainText(of entry: Int) -> ByteBuffer? {
        guard !self[entry].hasEscapes else { return nil }
        let text = self[entry].text
        return bytes.getSlice(at: bytes.readerIndex + text.lowerBound, length: text.count)
    }

    /// A member that is a list of strings; empty when it is absent.
    func strings(_ name: StaticString) throws(IPCError) -> [String] {
        guard let array = try array(name) else { return [] }
        var strings: [String] = []
        try forEachChild(of: array) { child throws(IPCError) in
            guard self[child].kind == .string else { throw .wrongType(name, "a list of strings") }
            strings.append(String(decoding: utf8(of: child), as: UTF8.self))
        }
        return strings
    }

    /// The JSON text of a value, as it was written.
    func text(of entry: Int) -> String {
        bytes.readableBytesSpan.extracting(self[entry].text).text
    }

    /// What a string stands for.
    func utf8(of entry: Int) -> [UInt8] {
        let text = bytes.readableBytesSpan.extracting(self[entry].text)
        return text.withUnsafeBytes { self[entry].hasEscapes ? JSONScanner.unescaped($0) : Array($0) }
    }

    private func member(
        _ name: StaticString,
        _ kind: JSONTape.Kind,
        _ kindName: String,
        of entry: Int
    ) throws(IPCError) -> Int? {
        guard let member = member(name, of: entry) else { return nil }
        guard self[member].kind == kind else { throw .wrongType(name, kindName) }
        return member
    }
}

extension IPCError {
    static func missing(_ name: StaticString) -> IPCError { .invalidArguments("\(name) is required") }

    static func wrongType(_ name: StaticString, _ kind: String) -> IPCError {
        .invalidArguments("\(name) must be \(kind)")
    }
}
