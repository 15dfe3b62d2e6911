public import TopicRouter

extension SubscriptionTable {
    /// How many near misses are worth reading.
    private static let nearMissesMax = 3

    /// The subscriptions that come nearest to taking what `source` publishes on `topic`, at most three.
    ///
    /// The nearest comes first. A row of another source counts only when its subject matches, or when it is
    /// for a function of the same name. Looks at every row: for people and for a log that limits itself, not
    /// for every message.
    public func nearMisses(source: ResolvedSource, topic: TopicName) -> [NearMiss] {
        rows.compactMap { RowMismatch($0, ExplanationSource(source), topic) }
            .nearest(Self.nearMissesMax, by: \.distance)
            .map { NearMiss(subscription: $0.row, reason: $0.reason) }
    }
}

extension Array {
    /// The first of the elements by `distance`; equally near ones stay in their order.
    func nearest(_ countMax: Int, by distance: (Element) -> Int) -> [Element] {
        enumerated().map { (distance: distance($0.element), offset: $0.offset) }
            .sorted { ($0.distance, $0.offset) < ($1.distance, $1.offset) }
            .prefix(countMax)
            .map { self[$0.offset] }
    }
}
