package import EventStream

/// A whole message of the event stream, and what a reader makes of it.
package struct EventStreamMessage: Equatable, Sendable {
    package var headers: [(name: String, value: HeaderValue)] = []
    package var payload: [UInt8] = []

    /// As on the wire.
    package var bytes: [UInt8] {
        let head = MessageHead(headers, payloadByteCount: payload.count)
        let checksum = head.checksum(payload: payload.span.bytes)
        return head.bytes + payload + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }
    }

    package init(headers: [(name: String, value: HeaderValue)] = [], payload: [UInt8] = []) {
        self.headers = headers
        self.payload = payload
    }

    /// Reads the one that `bytes` begin with; nil when it is not all there.
    package init?(reading bytes: [UInt8], byteCountMax: Int = 24 * 1024 * 1024) throws(EventStreamError) {
        let span = bytes.span.bytes
        guard let prelude = try MessagePrelude(span, messageByteCountMax: byteCountMax),
            bytes.count >= prelude.messageByteCount
        else { return nil }
        let message = span.extracting(0..<prelude.messageByteCount)
        var reader = try MessageHeaders(of: message, prelude)
        while let header = try reader.next(in: message) {
            let name = String(decoding: bytes[header.name], as: UTF8.self)
            guard let value = header.value(in: message) else { continue }
            headers.append((name, value))
        }
        payload = Array(bytes[prelude.payload])
    }

    package static func == (one: Self, other: Self) -> Bool {
        one.payload == other.payload && one.headers.elementsEqual(other.headers, by: ==)
    }
}

extension [UInt8] {
    /// The bytes that a line of hexadecimal digits stands for.
    package init(hex: String) {
        let digits = hex.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
