public import TopicRouter

/// A subscription whose names are functions: component names and aliases are replaced by ARNs with a version.
public struct ResolvedSubscription: Hashable, Sendable {
    /// The id of the row.
    public var id: String
    /// Whose messages it takes.
    public var source: ResolvedSource
    /// Which topics it takes.
    public var subject: TopicFilter
    /// Where it sends them.
    public var target: ResolvedTarget
    /// How its messages wait for the cloud, if the row says so.
    public var spool: SpoolPolicy?
    /// Whether the target can take messages; a message for a function that is not deployed matches all the
    /// same.
    public var isTargetDeployed: Bool
    /// Where in the file the row begins.
    public var place: SourcePlace

    /// Makes a subscription.
    public init(
        id: String,
        source: ResolvedSource,
        subject: TopicFilter,
        target: ResolvedTarget,
        spool: SpoolPolicy? = nil,
        isTargetDeployed: Bool = true,
        place: SourcePlace = SourcePlace(line: 1, column: 1)
    ) {
        self.id = id
        self.source = source
        self.subject = subject
        self.target = target
        self.spool = spool
        self.isTargetDeployed = isTargetDeployed
        self.place = place
    }
}
