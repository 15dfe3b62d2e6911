internal import NIOCore
internal import NIOHTTP1

/// A request as the SDKs send it, read in one pass: the parser takes several times as long.
///
/// Only what can mean one thing is one. All else (a part of a request, a body in chunks, a field or a byte
/// out of the ordinary) is left to the parser, which knows all of HTTP and says what is wrong.
struct PlainRequest {
    /// Has those fields only that somebody asks for.
    let head: HTTPRequestHead
    let body: ByteBuffer

    private static let lengthField = "Content-Length"
    private static let keptFields = [
        HeaderName.token, HeaderName.clientContext, HeaderName.invocationID, HeaderName.invocationType,
        HeaderName.functionError, lengthField, "Connection",
    ]
    /// They say nothing that matters here.
    private static let ignoredFields = ["Host", "User-Agent", "Accept", "Accept-Encoding", "Content-Type"]
    /// A length of more digits is none that a body may have.
    private static let lengthDigitCountMax = 9

    /// Takes a plain request from the beginning of `buffer`; `nil`, and nothing taken, for anything else.
    init?(from buffer: inout ByteBuffer, limits: LambdaIPCLimits) {
        guard let (head, headBytes) = buffer.withUnsafeReadableBytes({ Self.head($0, limits) }) else {
            return nil
        }
        let lengths = head.headers[Self.lengthField]
        guard lengths.count <= 1, let bodyBytes = Self.length(lengths.first),
            let body = buffer.getSlice(at: buffer.readerIndex + headBytes, length: bodyBytes)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: headBytes + bodyBytes)
        self.head = head
        self.body = body
    }

    private static func head(
        _ bytes: UnsafeRawBufferPointer,
        _ limits: LambdaIPCLimits
    ) -> (HTTPRequestHead, byteCount: Int)? {
        var rest = bytes[...]
        guard let method = method(&rest), rest.first == UInt8(ascii: "/") else { return nil }
        let target = rest.takeText(where: isOfTarget)
        guard rest.skip(" HTTP/1.1\r\n") else { return nil }
        var fields: [(String, String)] = []
        var fieldCount = 0
        while !rest.skip("\r\n") {
            fieldCount += 1
            if let name = keptFields.first(where: { rest.skip(fieldName: $0) }) {
                let value = rest.takeText(where: isOfValue)
                // The parser decides whether a space at its end belongs to it.
                guard value.utf8.last != UInt8(ascii: " ") else { return nil }
                fields.append((name, value))
            } else if ignoredFields.contains(where: { rest.skip(fieldName: $0) }) {
                rest = rest.drop(while: isOfValue)
            } else {
                return nil
            }
            guard rest.skip("\r\n") else { return nil }
        }
        let byteCount = rest.startIndex
        guard fieldCount <= limits.headFieldCountMax, byteCount <= limits.headBytesMax else { return nil }
        let headers = HTTPHeaders(fields)
        return (HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers), byteCount)
    }

    private static func method(_ rest: inout Slice<UnsafeRawBufferPointer>) -> HTTPMethod? {
        if rest.skip("GET ") { return .GET }
        if rest.skip("POST ") { return .POST }
        return rest.skip("PUT ") ? .PUT : nil
    }

    private static func length(_ digits: String?) -> Int? {
        guard let digits else { return 0 }
        guard (1...lengthDigitCountMax).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit) else {
            return nil
        }
        return Int(digits)
    }

    /// What the path of an ARN is made of; some of it may be percent-encoded.
    private static func isOfTarget(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "/:_-.$%".utf8.contains(byte)
    }

    private static func isOfValue(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte)
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Goes behind `text` if it stands here.
    fileprivate mutating func skip(_ text: StaticString) -> Bool {
        let text = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard starts(with: text) else { return false }
        removeFirst(text.count)
        return true
    }

    /// Goes behind a field's name in any case, its colon and the spaces after that, if they stand here.
    fileprivate mutating func skip(fieldName name: String) -> Bool {
        let length = name.utf8.count
        guard count > length, self[startIndex + length] == UInt8(ascii: ":") else { return false }
        let isSame = zip(self, name.utf8).allSatisfy { $0 == $1 || $1.isLetter && $0 ^ $1 == 0x20 }
        guard isSame else { return false }
        removeFirst(length + 1)
        self = drop { $0 == UInt8(ascii: " ") }
        return true
    }

    /// Takes the bytes here that satisfy `condition`, which only ASCII does.
    fileprivate mutating func takeText(where condition: (UInt8) -> Bool) -> String {
        let end = firstIndex { !condition($0) } ?? endIndex
        defer { self = self[end...] }
        return String(decoding: self[..<end], as: UTF8.self)
    }
}
