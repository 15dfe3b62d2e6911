internal import Synchronization

/// Which subscriber is subscribed to which topic filter on which bus: one index for all buses.
///
/// Any thread may change it. Matching goes through a `TopicReader`, one for each thread, and never waits for
/// a change.
public final class TopicIndex: Sendable {
    private let writer: Mutex<IndexWriter>
    /// The address of what readers match in.
    private let generation: Atomic<UInt>
    /// See `ReaderTable`.
    private let epoch = Atomic<UInt64>(ReaderMark.unpinned + 1)
    private let storedSubscriptionCount = Atomic(0)

    /// Makes an index without subscriptions.
    public init() {
        let first = IndexWriter()
        generation = Atomic(UInt(bitPattern: first.catalogue.generation.parts))
        writer = Mutex(first)
    }

    /// How many subscriptions there are, on all buses together.
    public var subscriptionCount: Int { storedSubscriptionCount.load(ordering: .relaxed) }

    /// Makes a handle to match with; make one for each thread.
    public func makeReader() -> TopicReader {
        TopicReader(index: self, mark: writer.withLock { $0.addReader() })
    }

    func removeReader(_ mark: ReaderMark) {
        writer.withLock { $0.removeReader(mark) }
    }

    /// Subscribes to a filter on a bus.
    ///
    /// - Returns: `false` if there was that subscription already.
    @discardableResult
    public func subscribe(_ subscriber: SubscriberID, to filter: TopicFilter, on bus: BusID) -> Bool {
        commit { $0.apply(.subscribe(subscriber, to: filter, on: bus), epoch: $1, publish: $2) }
    }

    /// Takes a subscription back.
    ///
    /// - Returns: `false` if there was no such subscription.
    @discardableResult
    public func unsubscribe(_ subscriber: SubscriberID, from filter: TopicFilter, on bus: BusID) -> Bool {
        commit { $0.apply(.unsubscribe(subscriber, from: filter, on: bus), epoch: $1, publish: $2) }
    }

    /// Makes changes, in their order; every match sees all of them or none.
    ///
    /// One change takes about as long as a few matches. Several at once copy the whole index, so that they
    /// can be seen together: for loading and replacing tables, not for one subscription after the other.
    public func apply(_ changes: [Change]) {
        commit { $0.apply(changes, epoch: $1, publish: $2) }
    }

    /// Lets the writer make changes in an epoch of their own.
    ///
    /// - Returns: Whether anything changed.
    @discardableResult
    private func commit(
        _ change: (inout IndexWriter, _ epoch: UInt64, _ publish: (Generation) -> Void) -> Bool
    ) -> Bool {
        writer.withLock { writer in
            let now = epoch.load(ordering: .relaxed)
            let hasChanged = change(&writer, now) { new in
                generation.store(UInt(bitPattern: new.parts), ordering: .releasing)
            }
            epoch.store(now + 1, ordering: .releasing)
            storedSubscriptionCount.store(
                writer.catalogue.state.pointee.subscriptionCount,
                ordering: .relaxed
            )
            writer.reclaim()
            return hasChanged
        }
    }

    /// Marks a reader as one that sees what there is now.
    @inline(__always)
    func pin(_ mark: ReaderMark) -> Generation? {
        mark.epoch.pointee.store(epoch.load(ordering: .acquiring), ordering: .relaxed)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return UnsafeMutablePointer(bitPattern: generation.load(ordering: .acquiring)).map { Generation($0) }
    }
}
