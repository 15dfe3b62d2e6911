import TopicRouter

/// Why a topic filter does not match a topic, and what would; for explaining, not for routing.
struct TopicMismatch {
    private enum Kind {
        /// An empty first or last level, which nobody sees, is all that is in the way.
        case slash(SlashSlip)
        case leadingWildcard
        case level(Int)
        case shorter
        case longer
    }

    let filter: TopicFilter
    let topic: TopicName
    /// How many levels are in the way.
    let distance: Int
    private let kind: Kind
    private let topicLevels: [ArraySlice<UInt8>]
    /// The levels of the filter, without a `#` at its end.
    private let filterLevels: [ArraySlice<UInt8>]
    private let endsOpen: Bool

    /// `nil` when `filter` matches `topic`.
    init?(_ filter: TopicFilter, _ topic: TopicName) {
        guard !filter.matches(topic) else { return nil }
        (self.filter, self.topic) = (filter, topic)
        topicLevels = Self.split(topic.utf8)
        let levels = Self.split(filter.utf8)
        endsOpen = levels.last.map(Self.isMultiLevelWildcard) ?? false
        filterLevels = Array(levels.dropLast(endsOpen ? 1 : 0))
        if let slip = SlashSlip(filter, topic) {
            (kind, distance) = (.slash(slip), 1)
            return
        }
        let differing = zip(filterLevels, topicLevels).enumerated()
            .filter { _, pair in !Self.isWildcard(pair.0) && pair.0 != pair.1 }.map(\.offset)
        let missing = max(0, filterLevels.count - topicLevels.count)
        let surplus = endsOpen ? 0 : max(0, topicLevels.count - filterLevels.count)
        distance = max(1, differing.count + missing + surplus)
        if Self.isWildcard(levels[0]), topic.utf8.first == UInt8(ascii: "$") {
            kind = .leadingWildcard  // MQTT 4.7.2
        } else if let index = differing.first {
            kind = .level(index)
        } else {
            kind = missing > 0 ? .shorter : .longer
        }
    }

    /// Whether one level only is in the way, or some level is the same.
    var isNear: Bool {
        distance == 1 || zip(filterLevels, topicLevels).contains { $0 == $1 }
    }

    /// The first reason; what the topic has comes first.
    var reason: String {
        let count = filterLevels.count
        return switch kind {
        case .slash(let slip):
            slip.reason
        case .leadingWildcard:
            "a leading wildcard does not match \(Self.text(topicLevels[0]))"
        case .level(let index):
            "level \(index + 1) differs "
                + "(\(Self.text(topicLevels[index])) ≠ \(Self.text(filterLevels[index])))"
        case .shorter:
            "the topic is shorter (\(topicLevels.count) of \(count) levels)"
        case .longer:
            "the topic is longer (\(topicLevels.count) levels, \(count) allowed)"
        }
    }

    /// The filter with as little changed as makes it match the topic; `nil` when it would be too long.
    var fittingFilter: TopicFilter? {
        if case .slash(let slip) = kind { return slip.fittingFilter }
        var levels: [ArraySlice<UInt8>] = []
        for (index, level) in topicLevels.enumerated() {
            if index < filterLevels.count {
                levels.append(Self.isWildcard(filterLevels[index]) ? filterLevels[index] : level)
            } else if !endsOpen {
                levels.append(level)
            }
        }
        if case .leadingWildcard = kind {
            levels.replaceSubrange(..<min(1, levels.count), with: [topicLevels[0]])
        }
        if endsOpen { levels.append([UInt8(ascii: "#")]) }
        return try? TopicFilter(utf8: Self.join(levels))
    }

    /// The topic with as little changed as makes the filter match it; `nil` when nobody but the author knows
    /// what it should be.
    var fittingTopic: TopicName? {
        switch kind {
        case .slash(let slip): return slip.fittingTopic
        case .leadingWildcard: return nil
        case .level, .shorter, .longer: break
        }
        var levels: [ArraySlice<UInt8>] = []
        for (index, level) in filterLevels.enumerated() {
            guard Self.isWildcard(level) else {
                levels.append(level)
                continue
            }
            guard index < topicLevels.count else { return nil }
            levels.append(topicLevels[index])
        }
        if endsOpen { levels += topicLevels.dropFirst(filterLevels.count) }
        return try? TopicName(utf8: Self.join(levels))
    }

    private static func isWildcard(_ level: ArraySlice<UInt8>) -> Bool {
        level.elementsEqual("+".utf8) || isMultiLevelWildcard(level)
    }

    private static func isMultiLevelWildcard(_ level: ArraySlice<UInt8>) -> Bool {
        level.elementsEqual("#".utf8)
    }

    private static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    private static func join(_ levels: [ArraySlice<UInt8>]) -> [UInt8] {
        Array(levels.joined(separator: [UInt8(ascii: "/")]))
    }

    private static func text(_ level: ArraySlice<UInt8>) -> String {
        String(decoding: level, as: UTF8.self).quoted
    }
}
