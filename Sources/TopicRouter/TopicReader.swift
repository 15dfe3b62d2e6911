/// A handle to match with, owned by one thread at a time.
///
/// Pin it once for a burst of messages, match each of them, and unpin it. While it is pinned it sees the
/// index as it was when it was pinned, and takes no lock. Unpinned it still holds the memory of what it saw
/// last.
public struct TopicReader: ~Copyable, Sendable {
    private let index: TopicIndex
    private var snapshot: Snapshot
    private var isPinned = false

    init(index: TopicIndex) {
        self.index = index
        self.snapshot = index.snapshot
    }

    /// Takes a view of the index that stays as it is until `unpin`.
    ///
    /// Costs one atomic load if the index is unchanged, else also a lock, held by nobody for longer than a
    /// copy of a reference. The reader must not be pinned.
    public mutating func pin() {
        precondition(!isPinned, "pin() called on a pinned reader")
        isPinned = true
        if !index.isLatest(snapshot) {
            snapshot = index.snapshot
        }
    }

    /// Ends the view that `pin` took; the reader must be pinned.
    public mutating func unpin() {
        precondition(isPinned, "unpin() called on a reader that is not pinned")
        isPinned = false
    }

    /// Calls `body` once for each filter on `bus` that matches, with its subscribers.
    ///
    /// The calls come in no particular order; a subscriber is in as many of them as it has matching filters.
    /// Nothing is allocated, no lock is taken, and nothing grows with the number of levels but the time. The
    /// reader must be pinned.
    ///
    /// - Parameters:
    ///   - bus: The bus that the message was published on; one without subscriptions matches nothing.
    ///   - topic: The bytes of a valid `TopicName`. Of other bytes it is not said which filters they match.
    ///   - body: Gets the subscribers of one filter, each once, never none, valid during the call.
    public func match(bus: BusID, topic: Span<UInt8>, _ body: (Span<SubscriberID>) -> Void) {
        precondition(isPinned, "match called on a reader that is not pinned")
        snapshot.match(bus: bus, topic: topic, body)
    }
}
