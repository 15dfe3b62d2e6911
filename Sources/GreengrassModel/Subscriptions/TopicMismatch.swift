import TopicRouter

/// Why a topic filter does not match a topic; for explaining, not for routing.
struct TopicMismatch {
    /// The first reason; what the topic has comes first.
    let reason: String
    /// How many levels are in the way.
    let distance: Int

    /// `nil` when `filter` matches `topic`.
    init?(_ filter: TopicFilter, _ topic: TopicName) {
        guard !filter.matches(topic) else { return nil }
        let filterLevels = Self.split(filter.utf8)
        let topicLevels = Self.split(topic.utf8)
        let differing = zip(filterLevels, topicLevels).enumerated().filter { _, pair in
            !Self.isWildcard(pair.0) && pair.0 != pair.1
        }
        let endsOpen = filterLevels.last?.elementsEqual("#".utf8) ?? false
        let required = filterLevels.count - (endsOpen ? 1 : 0)
        let missing = max(0, required - topicLevels.count)
        let surplus = endsOpen ? 0 : max(0, topicLevels.count - required)
        distance = max(1, differing.count + missing + surplus)
        if Self.isWildcard(filterLevels[0]), topic.utf8.first == UInt8(ascii: "$") {
            reason = "a leading wildcard does not match \(Self.text(topicLevels[0]))"  // MQTT 4.7.2
        } else if let (index, pair) = differing.first {
            reason = "level \(index + 1) differs (\(Self.text(pair.1)) ≠ \(Self.text(pair.0)))"
        } else if missing > 0 {
            reason = "the topic is shorter (\(topicLevels.count) of \(required) levels)"
        } else {
            reason = "the topic is longer (\(topicLevels.count) levels, \(required) allowed)"
        }
    }

    private static func isWildcard(_ level: ArraySlice<UInt8>) -> Bool {
        level.elementsEqual("+".utf8) || level.elementsEqual("#".utf8)
    }

    private static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    private static func text(_ level: ArraySlice<UInt8>) -> String {
        String(decoding: level, as: UTF8.self).quoted
    }
}
