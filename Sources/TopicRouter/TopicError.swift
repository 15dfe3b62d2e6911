/// Why text is no topic name or no topic filter (MQTT 4.7).
///
/// Offsets count bytes of UTF-8 from 0.
@nonexhaustive
public enum TopicError: Error, Hashable {
    /// There is no character at all.
    case empty
    /// The text has `byteCount` bytes, more than `byteCountMax`.
    case tooLong(byteCount: Int, byteCountMax: Int)
    /// The bytes are not UTF-8, first at `offset`. Surrogates and overlong forms are not UTF-8 either.
    case invalidUTF8(offset: Int)
    /// U+0000 stands at `offset`.
    case nullCharacter(offset: Int)
    /// A topic name holds a wildcard.
    case wildcardInTopicName(wildcard: Character, offset: Int)
    /// The wildcard at `offset` of a topic filter shares its level with other characters.
    case wildcardNotAlone(wildcard: Character, offset: Int)
    /// The `#` at `offset` of a topic filter is followed by another level.
    case multiLevelWildcardNotLast(offset: Int)
}

extension TopicError: CustomStringConvertible {
    /// What is wrong, where, and what is allowed.
    public var description: String {
        switch self {
        case .empty:
            "the topic is empty; it must have at least one character"
        case .tooLong(let byteCount, let byteCountMax):
            "the topic has \(byteCount) bytes of UTF-8; at most \(byteCountMax) are allowed"
        case .invalidUTF8(let offset):
            "the topic is not valid UTF-8 at byte \(offset); only well-formed UTF-8 is allowed"
        case .nullCharacter(let offset):
            "the topic has the null character U+0000 at byte \(offset); any other character is allowed"
        case .wildcardInTopicName(let wildcard, let offset):
            """
            the topic name has the wildcard '\(wildcard)' at byte \(offset); \
            wildcards are allowed only in topic filters
            """
        case .wildcardNotAlone(let wildcard, let offset):
            """
            the wildcard '\(wildcard)' at byte \(offset) shares its level with other characters; \
            it must stand alone in its level, as in 'a/\(wildcard)'
            """
        case .multiLevelWildcardNotLast(let offset):
            """
            the wildcard '#' at byte \(offset) is followed by another level; \
            it is allowed only as the last, as in 'a/#'
            """
        }
    }
}
