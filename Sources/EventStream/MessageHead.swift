/// The bytes of a message that come before its payload, and its checksum.
package struct MessageHead: Sendable {
    /// Prelude and headers.
    package private(set) var bytes: [UInt8]
    private let payloadByteCount: Int

    /// Writes the headers, in this order.
    ///
    /// Names have 1 to 255 bytes and values 65,535 at most: the writer's business, not a peer's.
    package init(_ headers: some Sequence<(name: String, value: HeaderValue)>, payloadByteCount: Int) {
        self.payloadByteCount = payloadByteCount
        bytes = []
        bytes.reserveCapacity(256)
        bytes.append(contentsOf: repeatElement(0, count: MessagePrelude.byteCount))
        for header in headers {
            append(name: header.name, header.value)
        }
        let prelude = MessagePrelude(
            headersByteCount: bytes.count - MessagePrelude.byteCount,
            payloadByteCount: payloadByteCount
        )
        put(UInt32(truncatingIfNeeded: prelude.messageByteCount), at: 0)
        put(UInt32(truncatingIfNeeded: prelude.headersByteCount), at: 4)
        put(CRC32(of: bytes.span.bytes.extracting(0..<8)).value, at: 8)
    }

    /// The length of the whole message in bytes.
    package var messageByteCount: Int { bytes.count + payloadByteCount + MessagePrelude.trailerByteCount }

    /// The checksum that ends the message, when this is its payload.
    package func checksum(payload: RawSpan) -> UInt32 {
        var checksum = CRC32(of: bytes.span.bytes)
        checksum.update(payload)
        return checksum.value
    }

    private mutating func append(name: String, _ value: HeaderValue) {
        precondition((1...255).contains(name.utf8.count), "a header can't be called '\(name)'")
        bytes.append(UInt8(name.utf8.count))
        bytes.append(contentsOf: name.utf8)
        switch value {
        case .bool(let value): append(value ? .true : .false)
        case .byte(let value): append(.byte, value)
        case .int16(let value): append(.int16, value)
        case .int32(let value): append(.int32, value)
        case .int64(let value): append(.int64, value)
        case .bytes(let value): append(.bytes, counted: value)
        case .string(let value): append(.string, counted: Array(value.utf8))
        case .timestamp(let value): append(.timestamp, value)
        case .uuid(let first, let last):
            append(.uuid, first)
            append(last)
        }
    }

    private mutating func append(_ type: HeaderType) {
        bytes.append(type.rawValue)
    }

    private mutating func append(_ type: HeaderType, _ value: some FixedWidthInteger) {
        append(type)
        append(value)
    }

    private mutating func append(_ type: HeaderType, counted value: [UInt8]) {
        precondition(value.count <= UInt16.max, "a header can't have \(value.count) bytes")
        append(type, UInt16(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func put(_ value: UInt32, at offset: Int) {
        withUnsafeBytes(of: value.bigEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
    }
}
