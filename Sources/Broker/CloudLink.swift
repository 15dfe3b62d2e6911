public import GreengrassModel
public import NIOCore
public import TopicRouter

/// The broker's side of the bridge to the cloud, or to an MQTT broker beside it: a subscriber that takes what
/// goes up, and the one who fetches what its bus wants from up there.
///
/// What comes down is published on that bus, `cloud` for the cloud, by the link itself.
public protocol CloudLink: Subscriber {
    /// Where the link stands now.
    var state: CloudLinkState { get }

    /// Tells the link which filters its bus has now; called after every change, from any thread.
    func cloudFiltersDidChange(_ filters: Set<TopicFilter>)

    /// Succeeds once the link is `connected` with every filter told so far; fails when the link is closed.
    func whenConnected() -> EventLoopFuture<Void>

    /// Succeeds once what `filter`, one of those told, matches comes down.
    ///
    /// Fails with the reason when the broker above refused it, and as `whenConnected`.
    func whenSubscribed(to filter: TopicFilter) -> EventLoopFuture<Void>

    /// Tells whether there is a connection: at once, and whenever that changes.
    ///
    /// - Parameter onChange: Called on any thread; it must not call the link back, and returns soon.
    /// - Returns: What ends it.
    func observeConnection(_ onChange: @escaping @Sendable (_ isConnected: Bool) -> Void) -> () -> Void

    /// The same way up, for the messages of rows that say how theirs are to wait.
    func subscriber(under policy: SpoolPolicy) -> any Subscriber

    /// What waits on its way up, if it can be looked at.
    var spool: (any Spool)? { get }
}

extension CloudLink {
    /// Has one way for all.
    public func subscriber(under policy: SpoolPolicy) -> any Subscriber { self }

    /// Takes every filter for granted.
    public func whenSubscribed(to filter: TopicFilter) -> EventLoopFuture<Void> { whenConnected() }

    /// Tells it once.
    public func observeConnection(
        _ onChange: @escaping @Sendable (_ isConnected: Bool) -> Void
    ) -> () -> Void {
        onChange(state == .connected)
        return {}
    }

    /// Shows nothing.
    public var spool: (any Spool)? { nil }
}

/// Where a link to the cloud stands.
public enum CloudLinkState: String, Sendable {
    /// The cloud is switched off.
    case off
    /// A connection is being made, or subscriptions are not acknowledged yet.
    case connecting
    /// The broker above accepted the connection and acknowledged every subscription.
    case connected
    /// There is no connection; the next attempt waits for its time.
    case disconnected
}
