public import TopicRouter

/// One row of `subscriptions.json`, as the file has it.
public struct Subscription: Hashable, Sendable {
    /// The id; it equals the row's key.
    public var id: String
    /// Whose messages the row takes.
    public var source: SubscriptionSource
    /// Which topics the row takes.
    public var subject: TopicFilter
    /// Where the row sends them.
    public var target: SubscriptionTarget
    /// How its messages wait for the cloud, if the row says so.
    public var spool: SpoolPolicy?
    /// Where in the file the row begins.
    public var place: SourcePlace

    /// Makes a row.
    public init(
        id: String,
        source: SubscriptionSource,
        subject: TopicFilter,
        target: SubscriptionTarget,
        spool: SpoolPolicy? = nil,
        place: SourcePlace
    ) {
        self.id = id
        self.source = source
        self.subject = subject
        self.target = target
        self.spool = spool
        self.place = place
    }
}
