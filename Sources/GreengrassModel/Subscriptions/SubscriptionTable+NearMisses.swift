public import TopicRouter

extension SubscriptionTable {
    /// How many near misses are worth reading.
    private static let nearMissesMax = 3

    /// The subscriptions that come nearest to taking what `source` publishes on `topic`, at most three.
    ///
    /// The nearest comes first. A row of another source counts only when its subject matches, or when it is
    /// another version of the function. Looks at every row: for people and for a log that limits itself, not
    /// for every message.
    public func nearMisses(source: ResolvedSource, topic: TopicName) -> [NearMiss] {
        let misses = rows.compactMap { row -> (miss: NearMiss, distance: Int)? in
            guard let (reason, distance) = Self.mismatch(row, source, topic) else { return nil }
            return (NearMiss(subscription: row, reason: reason), distance)
        }
        // Equally near ones stay in the order of the file.
        let nearest = misses.enumerated().sorted {
            ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset)
        }
        return nearest.prefix(Self.nearMissesMax).map(\.element.miss)
    }

    private static func mismatch(
        _ row: ResolvedSubscription,
        _ source: ResolvedSource,
        _ topic: TopicName
    ) -> (reason: String, distance: Int)? {
        if row.source == source {
            return TopicMismatch(row.subject, topic).map { ($0.reason, $0.distance) }
        }
        if case .function(let here) = source, case .function(let there) = row.source,
            here.name == there.name, here.unqualified == there.unqualified
        {
            let wrongLevels = TopicMismatch(row.subject, topic)?.distance ?? 0
            return ("version \(here.qualifier ?? "none") ≠ \(there.qualifier ?? "none")", 1 + wrongLevels)
        }
        return row.subject.matches(topic) ? ("other source (\(source) ≠ \(row.source))", 2) : nil
    }
}
