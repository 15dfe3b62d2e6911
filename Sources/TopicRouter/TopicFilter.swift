/// A valid topic filter: what a subscription asks for.
///
/// `+` as a level matches any one level, also an empty one. `#` as the last level matches the level before it
/// and everything below. A filter that starts with a wildcard matches no topic that starts with `$`. Nothing
/// else is special; `$share/group/a` is a filter of three plain levels.
public struct TopicFilter: Hashable, Sendable, CustomStringConvertible {
    /// The longest topic filter, in bytes of UTF-8: the most that an MQTT string can hold.
    public static let byteCountMax = 65_535

    /// The filter in UTF-8, never empty.
    public let utf8: [UInt8]
    /// Whether the filter holds `+` or `#`; without them it matches only the topic of the same text.
    public let hasWildcard: Bool

    /// Checks a filter.
    ///
    /// - Throws: `TopicError` as `init(utf8:)`, except `.invalidUTF8`.
    public init(_ string: String) throws(TopicError) {
        try self.init(utf8: string.utf8)
    }

    /// Checks a filter given as bytes of UTF-8.
    ///
    /// - Throws: `TopicError.empty`, `.tooLong`, `.invalidUTF8`, `.nullCharacter`, `.wildcardNotAlone` for a
    ///   wildcard with other characters in its level, or `.multiLevelWildcardNotLast` for a level after `#`.
    public init(utf8: some Collection<UInt8>) throws(TopicError) {
        let bytes = try checkedTopicBytes(utf8, byteCountMax: Self.byteCountMax)
        var hasWildcard = false
        for (offset, byte) in bytes.enumerated() where byte.isWildcard {
            hasWildcard = true
            let isFirstInLevel = offset == 0 || bytes[offset - 1] == .levelSeparator
            let isLast = offset == bytes.count - 1
            guard isFirstInLevel, isLast || bytes[offset + 1] == .levelSeparator else {
                throw .wildcardNotAlone(wildcard: Character(Unicode.Scalar(byte)), offset: offset)
            }
            guard byte == .singleLevelWildcard || isLast else {
                throw .multiLevelWildcardNotLast(offset: offset)
            }
        }
        self.utf8 = bytes
        self.hasWildcard = hasWildcard
    }

    /// A filter whose bytes were checked before.
    init(validated utf8: [UInt8], hasWildcard: Bool) {
        self.utf8 = utf8
        self.hasWildcard = hasWildcard
    }

    /// The filter as text.
    public var description: String { String(decoding: utf8, as: UTF8.self) }

    var startsWithWildcard: Bool { utf8[0].isWildcard }
}
