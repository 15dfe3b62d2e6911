/// What a header says; the type is the case.
package enum HeaderValue: Hashable, Sendable {
    /// Types 0 and 1.
    case bool(Bool)
    /// Type 2.
    case byte(Int8)
    /// Type 3.
    case int16(Int16)
    /// Type 4.
    case int32(Int32)
    /// Type 5.
    case int64(Int64)
    /// Type 6; at most 65,535 bytes can be written.
    case bytes([UInt8])
    /// Type 7; at most 65,535 bytes of UTF-8 can be written.
    case string(String)
    /// Type 8: milliseconds since 1970.
    case timestamp(milliseconds: Int64)
    /// Type 9: the sixteen bytes of a UUID, the first eight and the last.
    case uuid(UInt64, UInt64)
}

/// The type of a header, as it is written.
package enum HeaderType: UInt8, Sendable {
    case `true`, `false`, byte, int16, int32, int64, bytes, string, timestamp, uuid

    /// The length of a value in bytes; nil when the value itself says it.
    var byteCount: Int? {
        switch self {
        case .true, .false: 0
        case .byte: 1
        case .int16: 2
        case .int32: 4
        case .int64, .timestamp: 8
        case .bytes, .string: nil
        case .uuid: 16
        }
    }
}
