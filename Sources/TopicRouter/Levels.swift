/// The bytes that mean something in topics.
extension UInt8 {
    static let levelSeparator = UInt8(ascii: "/")
    static let singleLevelWildcard = UInt8(ascii: "+")
    static let multiLevelWildcard = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")

    var isWildcard: Bool { self == .singleLevelWildcard || self == .multiLevelWildcard }
}

/// Walks the levels of a topic name or filter by byte offsets, without storing them.
///
/// A level starts at 0 and after every separator, so that `a/` has its second, empty level at 2 = `count` and
/// the offset after the end of the last level, `count + 1`, is the first without a level.
extension Span<UInt8> {
    func hasLevel(at start: Int) -> Bool { start <= count }

    func endOfLevel(at start: Int) -> Int {
        var end = start
        while end < count, self[end] != .levelSeparator {
            end += 1
        }
        return end
    }

    /// Whether the level at `start` of a valid filter is `+`.
    func isSingleLevelWildcard(at start: Int) -> Bool { start < count && self[start] == .singleLevelWildcard }

    /// Whether the level at `start` of a valid filter is `#`.
    func isMultiLevelWildcard(at start: Int) -> Bool { start < count && self[start] == .multiLevelWildcard }

    var startsWithDollar: Bool { !isEmpty && self[0] == .dollar }

    func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for offset in indices where self[offset] != other[offset] {
            return false
        }
        return true
    }
}
