internal import Synchronization

/// Which subscriber is subscribed to which topic filter on which bus: one index for all buses.
///
/// Any thread may change it. Matching goes through a `TopicReader`, one for each thread, and never waits for
/// a change.
public final class TopicIndex: Sendable {
    /// Held by a writer while it builds the tables.
    private let subscriptions = Mutex(Subscriptions())
    /// Held for no longer than a snapshot takes to be copied, so that a reader that pins hardly waits.
    private let published = Mutex(Snapshot())
    private let publishedVersion = Atomic(0)

    /// Makes an index without subscriptions.
    public init() {}

    /// How many subscriptions there are, on all buses together.
    public var subscriptionCount: Int { subscriptions.withLock { $0.count } }

    /// Makes a handle to match with; make one for each thread.
    public func makeReader() -> TopicReader { TopicReader(index: self) }

    /// Subscribes to a filter on a bus.
    ///
    /// - Returns: `false` if there was that subscription already.
    @discardableResult
    public func subscribe(_ subscriber: SubscriberID, to filter: TopicFilter, on bus: BusID) -> Bool {
        commit([.subscribe(subscriber, to: filter, on: bus)])
    }

    /// Takes a subscription back.
    ///
    /// - Returns: `false` if there was no such subscription.
    @discardableResult
    public func unsubscribe(_ subscriber: SubscriberID, from filter: TopicFilter, on bus: BusID) -> Bool {
        commit([.unsubscribe(subscriber, from: filter, on: bus)])
    }

    /// Makes changes, in their order; a pinned reader sees all of them or none.
    ///
    /// Builds the tables of the buses that it changes anew, each once, so that many changes in one call cost
    /// little more than one.
    public func apply(_ changes: [Change]) {
        commit(changes)
    }

    /// - Returns: Whether anything changed.
    @discardableResult
    private func commit(_ changes: [Change]) -> Bool {
        subscriptions.withLock { subscriptions in
            let changedBuses = subscriptions.apply(changes)
            guard !changedBuses.isEmpty else { return false }
            var snapshot = snapshot
            snapshot.replace(subscriptions.tables(of: changedBuses))
            publish(snapshot)
            return true
        }
    }

    private func publish(_ snapshot: Snapshot) {
        let version = snapshot.version
        var retired = snapshot
        published.withLock { swap(&$0, &retired) }
        publishedVersion.store(version, ordering: .releasing)
    }

    var snapshot: Snapshot { published.withLock { $0 } }

    /// Whether `snapshot` is the latest; no lock is taken to find out.
    func isLatest(_ snapshot: borrowing Snapshot) -> Bool {
        publishedVersion.load(ordering: .acquiring) == snapshot.version
    }
}
