/// Why a resource of a policy can't be used.
package enum ResourcePatternError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It has no characters.
    case empty
    /// It has more bytes than any topic.
    case tooLong
    /// It has a `?` outside `${?}`.
    case questionMark
    /// It has a `${` that begins none of the escapes.
    case unknownEscape

    /// What is allowed instead.
    package var description: String {
        switch self {
        case .empty: "a resource is not empty; \"*\" is every resource"
        case .tooLong: "a resource has at most \(ResourcePattern.bytesMax) bytes"
        case .questionMark: "? has no meaning in a resource; write ${?} for the character itself"
        case .unknownEscape: "after ${ one of * $ ? and } are allowed: ${*}, ${$}, ${?}"
        }
    }
}
