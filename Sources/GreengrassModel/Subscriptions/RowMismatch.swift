import TopicRouter

/// Why a row that comes near does not take what a source publishes on a topic; for explaining, not for
/// routing.
struct RowMismatch {
    let row: ResolvedSubscription
    let source: SourceMismatch?
    let topic: TopicMismatch?

    /// `nil` when the row takes it, or does not come near: a row of another source counts only when its
    /// subject matches, or when the functions have the same name.
    init?(_ row: ResolvedSubscription, _ source: ExplanationSource, _ topic: TopicName) {
        let sourceMismatch = SourceMismatch(source, row.source)
        if case .other? = sourceMismatch, !row.subject.matches(topic) { return nil }
        let topicMismatch = TopicMismatch(row.subject, topic)
        if sourceMismatch == nil, topicMismatch == nil { return nil }
        self.row = row
        self.source = sourceMismatch
        self.topic = topicMismatch
    }

    /// How much is in the way, in levels of a topic.
    var distance: Int {
        (source?.distance ?? 0) + (topic?.distance ?? 0)
    }

    /// The first reason; what the message has comes first.
    var reason: String {
        source?.reason ?? topic?.reason ?? ""
    }
}
