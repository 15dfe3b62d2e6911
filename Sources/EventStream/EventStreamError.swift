/// Why bytes are no message; after any of these the connection can't be read on.
package enum EventStreamError: Error, Hashable, CustomStringConvertible {
    /// The first eight bytes and their checksum don't fit together.
    case preludeChecksum
    /// The message and its checksum don't fit together.
    case messageChecksum
    /// The total length is less than a message without headers and payload has.
    case tooShort(byteCount: Int)
    /// The total length is over what is taken.
    case tooLong(byteCount: Int, byteCountMax: Int)
    /// The headers don't fit into the total length.
    case headersTooLong(byteCount: Int, messageByteCount: Int)
    /// A header ends after the end of all headers.
    case headerCut(offset: Int)
    /// A header has no name.
    case headerUnnamed(offset: Int)
    /// A header's type is none of the ten.
    case headerType(UInt8, offset: Int)

    package var description: String {
        switch self {
        case .preludeChecksum: "the checksum of the prelude is wrong"
        case .messageChecksum: "the checksum of the message is wrong"
        case .tooShort(let count): "a message of \(count) bytes is shorter than any"
        case .tooLong(let count, let most): "a message of \(count) bytes is longer than the \(most) allowed"
        case .headersTooLong(let count, let whole): "\(count) bytes of headers in a message of \(whole)"
        case .headerCut(let offset): "the header at byte \(offset) does not end in the message's headers"
        case .headerUnnamed(let offset): "the header at byte \(offset) has no name"
        case .headerType(let type, let offset): "the header at byte \(offset) has the unknown type \(type)"
        }
    }
}
