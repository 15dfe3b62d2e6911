/// A valid topic name: what a message is published to.
///
/// Levels are separated by `/` and may be empty: `/a`, `a//b` and `a/` have two, three and two levels. Two
/// names are equal if their bytes are; case and Unicode normal form count.
public struct TopicName: Hashable, Sendable, CustomStringConvertible {
    /// The longest topic name, in bytes of UTF-8: the most that an MQTT string can hold.
    public static let byteCountMax = 65_535

    /// The name in UTF-8, never empty.
    public let utf8: [UInt8]

    /// Checks a name.
    ///
    /// - Throws: `TopicError` as `init(utf8:)`, except `.invalidUTF8`.
    public init(_ string: String) throws(TopicError) {
        try self.init(utf8: string.utf8)
    }

    /// Checks a name given as bytes of UTF-8.
    ///
    /// - Throws: `TopicError.empty`, `.tooLong`, `.invalidUTF8`, `.nullCharacter`, or
    ///   `.wildcardInTopicName` for a name that holds `+` or `#`.
    public init(utf8: some Collection<UInt8>) throws(TopicError) {
        let bytes = try checkedTopicBytes(utf8, byteCountMax: Self.byteCountMax)
        if let offset = bytes.firstIndex(where: \.isWildcard) {
            throw .wildcardInTopicName(wildcard: Character(Unicode.Scalar(bytes[offset])), offset: offset)
        }
        self.utf8 = bytes
    }

    /// The name as text.
    public var description: String { String(decoding: utf8, as: UTF8.self) }
}
