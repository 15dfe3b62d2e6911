extension TopicFilter {
    /// Whether `topic` matches this filter.
    public func matches(_ topic: TopicName) -> Bool {
        if startsWithWildcard, topic.utf8.span.startsWithDollar { return false }
        let filter = utf8.span
        let topic = topic.utf8.span
        var filterStart = 0
        var topicStart = 0
        while filter.hasLevel(at: filterStart) {
            if filter.isMultiLevelWildcard(at: filterStart) { return true }
            guard topic.hasLevel(at: topicStart) else { return false }
            let filterEnd = filter.endOfLevel(at: filterStart)
            let topicEnd = topic.endOfLevel(at: topicStart)
            guard
                filter.isSingleLevelWildcard(at: filterStart)
                    || filter.extracting(filterStart..<filterEnd)
                        .hasSameBytes(as: topic.extracting(topicStart..<topicEnd))
            else { return false }
            filterStart = filterEnd + 1
            topicStart = topicEnd + 1
        }
        return !topic.hasLevel(at: topicStart)
    }

    /// Whether this filter matches every topic that `other` matches.
    ///
    /// `#` does not cover `$x/#`, since a filter that starts with a wildcard matches no topic that starts
    /// with `$`.
    public func covers(_ other: TopicFilter) -> Bool {
        if startsWithWildcard, other.utf8.span.startsWithDollar { return false }
        let mine = utf8.span
        let others = other.utf8.span
        var mineStart = 0
        var othersStart = 0
        while mine.hasLevel(at: mineStart) {
            if mine.isMultiLevelWildcard(at: mineStart) { return true }
            guard others.hasLevel(at: othersStart) else { return false }
            if others.isMultiLevelWildcard(at: othersStart) {
                // '#' is more than '+/#' by the level before it. In '#' and '/#' that would be the empty
                // topic, which does not exist.
                return othersStart <= 1
                    && mine.extracting(mineStart...).hasSameBytes(as: singleThenMultiLevel.span)
            }
            let mineEnd = mine.endOfLevel(at: mineStart)
            let othersEnd = others.endOfLevel(at: othersStart)
            guard
                mine.isSingleLevelWildcard(at: mineStart)
                    || mine.extracting(mineStart..<mineEnd)
                        .hasSameBytes(as: others.extracting(othersStart..<othersEnd))
            else { return false }
            mineStart = mineEnd + 1
            othersStart = othersEnd + 1
        }
        return !others.hasLevel(at: othersStart)
    }

    /// Whether some topic matches both filters.
    public func overlaps(_ other: TopicFilter) -> Bool {
        if startsWithWildcard && other.utf8.span.startsWithDollar
            || utf8.span.startsWithDollar && other.startsWithWildcard
        {
            return false
        }
        let mine = utf8.span
        let others = other.utf8.span
        var mineStart = 0
        var othersStart = 0
        while mine.hasLevel(at: mineStart), others.hasLevel(at: othersStart) {
            if mine.isMultiLevelWildcard(at: mineStart) || others.isMultiLevelWildcard(at: othersStart) {
                return true
            }
            let mineEnd = mine.endOfLevel(at: mineStart)
            let othersEnd = others.endOfLevel(at: othersStart)
            guard
                mine.isSingleLevelWildcard(at: mineStart) || others.isSingleLevelWildcard(at: othersStart)
                    || mine.extracting(mineStart..<mineEnd)
                        .hasSameBytes(as: others.extracting(othersStart..<othersEnd))
            else { return false }
            mineStart = mineEnd + 1
            othersStart = othersEnd + 1
        }
        return mine.isAtEndOrParent(at: mineStart) && others.isAtEndOrParent(at: othersStart)
    }
}

private let singleThenMultiLevel: [UInt8] = [.singleLevelWildcard, .levelSeparator, .multiLevelWildcard]

extension Span<UInt8> {
    /// Whether the filter can end before the level at `start`: it has no level there, or a `#` that matches
    /// its parent.
    ///
    /// The parent of `/#` is the empty topic, which does not exist.
    fileprivate func isAtEndOrParent(at start: Int) -> Bool {
        !hasLevel(at: start) || start > 1 && isMultiLevelWildcard(at: start)
    }
}
