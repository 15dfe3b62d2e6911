/// One header: where its parts lie in the message.
package struct MessageHeader: Hashable, Sendable {
    /// The name's bytes, one at least.
    package let name: Range<Int>
    /// The type of the value.
    package let type: HeaderType
    /// The value's bytes, without the length that stands before some.
    package let value: Range<Int>

    /// The value as an integer of type 4; nil if it is none.
    package func int32(in message: RawSpan) -> Int32? {
        type == .int32 ? message.integer(at: value.lowerBound, as: Int32.self) : nil
    }

    /// The value itself, in memory of its own; nil when a string is no UTF-8.
    package func value(in message: RawSpan) -> HeaderValue? {
        let start = value.lowerBound
        switch type {
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .byte: return .byte(message.integer(at: start, as: Int8.self))
        case .int16: return .int16(message.integer(at: start, as: Int16.self))
        case .int32: return .int32(message.integer(at: start, as: Int32.self))
        case .int64: return .int64(message.integer(at: start, as: Int64.self))
        case .bytes: return .bytes(message.extracting(value).withUnsafeBytes { Array($0) })
        case .string:
            return message.extracting(value).withUnsafeBytes { String(validating: $0, as: UTF8.self) }
                .map { .string($0) }
        case .timestamp: return .timestamp(milliseconds: message.integer(at: start, as: Int64.self))
        case .uuid:
            let first = message.integer(at: start, as: UInt64.self)
            return .uuid(first, message.integer(at: start + 8, as: UInt64.self))
        }
    }
}

/// Reads the headers of a message one by one, without copying any.
package struct MessageHeaders {
    private var offset: Int
    private let end: Int

    /// The headers of a message that is all there; its checksum is checked here.
    ///
    /// - Throws: `EventStreamError.messageChecksum`.
    package init(of message: RawSpan, _ prelude: MessagePrelude) throws(EventStreamError) {
        let checked = prelude.messageByteCount - MessagePrelude.trailerByteCount
        let checksum = message.integer(at: checked, as: UInt32.self)
        guard CRC32(of: message.extracting(0..<checked)).value == checksum else { throw .messageChecksum }
        offset = prelude.headers.lowerBound
        end = prelude.headers.upperBound
    }

    /// The next header of the same message; nil at the end.
    ///
    /// - Throws: `EventStreamError`: a header without a name, of no known type, or longer than there is room.
    package mutating func next(in message: RawSpan) throws(EventStreamError) -> MessageHeader? {
        guard offset < end else { return nil }
        let start = offset
        let nameCount = Int(message.integer(at: start, as: UInt8.self))
        guard nameCount > 0 else { throw .headerUnnamed(offset: start) }
        let name = start + 1..<start + 1 + nameCount
        var valueStart = name.upperBound + 1
        guard valueStart <= end else { throw .headerCut(offset: start) }
        let typeNumber = message.integer(at: name.upperBound, as: UInt8.self)
        guard let type = HeaderType(rawValue: typeNumber) else {
            throw .headerType(typeNumber, offset: start)
        }
        let valueCount: Int
        if let fixed = type.byteCount {
            valueCount = fixed
        } else {
            guard valueStart + 2 <= end else { throw .headerCut(offset: start) }
            valueCount = Int(message.integer(at: valueStart, as: UInt16.self))
            valueStart += 2
        }
        guard valueStart + valueCount <= end else { throw .headerCut(offset: start) }
        offset = valueStart + valueCount
        return MessageHeader(name: name, type: type, value: valueStart..<offset)
    }
}
