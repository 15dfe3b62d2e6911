internal import Synchronization

/// A handle to match with, owned by one thread at a time.
///
/// Pin it once for a burst of messages, match each of them, and unpin it. It takes no lock. While it is
/// pinned no memory that it may see is used again, so don't keep it pinned for long; a change that is made
/// meanwhile may be seen or not.
public struct TopicReader: ~Copyable, @unchecked Sendable {
    // Sendable: the pointers are this handle's own, but for the generation, which any thread may read while
    // the mark is set; and everything that uses them is `mutating` on a value that can't be copied.
    private let index: TopicIndex
    private let mark: ReaderMark
    private let scratch = MatchScratch()
    private var generation: Generation?

    init(index: TopicIndex, mark: ReaderMark) {
        self.index = index
        self.mark = mark
    }

    deinit {
        index.removeReader(mark)
        scratch.deallocate()
    }

    /// Begins to see the index as it is.
    ///
    /// Costs one store that other processors have to see, some 10 ns. The reader must not be pinned.
    public mutating func pin() {
        precondition(generation == nil, "pin() called on a pinned reader")
        generation = index.pin(mark)
    }

    /// Ends what `pin` began; the reader must be pinned.
    public mutating func unpin() {
        precondition(generation != nil, "unpin() called on a reader that is not pinned")
        generation = nil
        mark.epoch.pointee.store(ReaderMark.unpinned, ordering: .releasing)
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
    ///   - body: Gets the subscribers of one filter, each once, never none, valid during the call. It can't
    ///     use the reader.
    public mutating func match(bus: BusID, topic: Span<UInt8>, _ body: (Span<SubscriberID>) -> Void) {
        guard let generation else { preconditionFailure("match called on a reader that is not pinned") }
        guard topic.count > 0, topic.count <= TopicName.byteCountMax else { return }
        topic.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            generation.match(
                bus: bus.rawValue,
                topic: base,
                byteCount: bytes.count,
                scratch: scratch,
                body
            )
        }
    }
}
