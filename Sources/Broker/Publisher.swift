internal import NIOCore
public import TopicRouter

/// How many functions a message may pass through, one answering the other, before it is taken for a loop.
public let messageHopsMax = 16

/// A handle to publish with.
///
/// It belongs to one thread at a time and is not `Sendable`: an event loop, the MQTT thread or a lock's
/// holder owns it. It reuses its buffers.
public final class Publisher {
    /// What one publish needs.
    ///
    /// It is moved out for its time, so that a subscriber that publishes in turn, against the rule, gets
    /// empty buffers and not somebody else's targets.
    private struct Scratch: ~Copyable {
        /// The broker's, as of `version`; those that are gone live on until the next publish.
        var subscribers: SubscriberPlaces
        var version: Int
        /// Who matches; of these, the first `reservedCount` keep room.
        var ids: [SubscriberID] = []
        var reservedCount = 0
        var refused: [(target: any Subscriber, reason: String)] = []

        mutating func refuse(_ id: SubscriberID, _ reason: String) {
            guard let target = subscribers[id] else { return }
            refused.append((target, reason))
        }

        /// A message that matches several ways to the uplink takes one: that of the row that comes first.
        mutating func keepFirstUplink() {
            var first = (rank: UInt32.max, id: SubscriberID.uplink)
            var count = 0
            for id in ids {
                let rank = subscribers.uplinkRank(id)
                guard rank > 0 else { continue }
                count += 1
                if rank < first.rank { first = (rank, id) }
            }
            guard count > 1 else { return }
            ids.removeAll { $0 != first.id && subscribers.uplinkRank($0) > 0 }
        }

        mutating func clear() {
            ids.removeAll(keepingCapacity: true)
            reservedCount = 0
            if !refused.isEmpty {
                refused.removeAll()
            }
        }
    }

    private let broker: Broker
    private let counting: AtomicCounters
    private let shared: SharedSubscribers
    private var reader: TopicReader
    /// `nil` while a message is published.
    private var idle: Scratch?

    init(broker: Broker, reader: consuming TopicReader) {
        self.broker = broker
        self.reader = reader
        counting = broker.counting
        shared = broker.subscribers
        idle = Self.makeScratch(shared)
    }

    private static func makeScratch(_ shared: SharedSubscribers) -> Scratch {
        let (places, version) = shared.current
        return Scratch(subscribers: places, version: version)
    }

    /// Publishes a message on a bus: every subscriber with a matching filter gets it once.
    ///
    /// Nothing is allocated, no lock is taken and no reference to a target is counted, but for what the
    /// targets do themselves, for the first publish after subscribers came or went, and for one to more
    /// targets than ever before.
    ///
    /// - Parameters:
    ///   - message: What is published.
    ///   - bus: Where.
    ///   - policy: What to do when a subscriber has no room.
    /// - Returns: `.noSubscription` only on a function's bus; elsewhere nobody listening is a success.
    ///   What came from a broker is never `.refused`, but for `allOrError`: it becomes a dead letter.
    public func publish(
        _ message: Message,
        on bus: BusID,
        policy: QueueFullPolicy = .bestEffort
    ) -> PublishOutcome {
        var scratch = idle.take() ?? Self.makeScratch(shared)
        let outcome = route(message, on: bus, policy: policy, &scratch)
        scratch.clear()
        idle = consume scratch
        return outcome
    }

    private func route(
        _ message: Message,
        on bus: BusID,
        policy: QueueFullPolicy,
        _ scratch: inout Scratch
    ) -> PublishOutcome {
        counting.didPublish()
        let isMatched = findTargets(of: message, on: bus, &scratch)
        if bus.isFunction, !isMatched {
            counting.didFindNoSubscription()
            broker.explainMiss(message)
            broker.observer?.didNotDeliver(message, reason: "no subscription")
            return .noSubscription
        }
        if message.hops > messageHopsMax {
            let reason = "passed through more than \(messageHopsMax) functions: a loop?"
            for id in scratch.ids {
                guard let target = scratch.subscribers[id] else { continue }
                broker.keepDead(message, target: target.name, reason: reason)
                target.didDrop(message)
            }
            return .accepted(targets: 0, durability: nil)
        }
        return deliver(message, policy: policy, &scratch)
    }

    /// Fills `ids`, each once.
    ///
    /// - Returns: Whether any filter matched; with a row for `pubsub` that is so even when nobody listens
    ///   there.
    private func findTargets(of message: borrowing Message, on bus: BusID, _ scratch: inout Scratch) -> Bool {
        while true {
            let (isMatched, filterCount) = scratch.ids.fill(
                from: &reader,
                bus: bus,
                topic: message.topic.utf8.span
            )
            // When nothing has changed, whoever was found is there: one comes before its subscriptions and
            // goes after them.
            guard shared.version != scratch.version else {
                if filterCount > 1, scratch.subscribers.hasUplinkPolicies {
                    scratch.keepFirstUplink()
                }
                return isMatched
            }
            (scratch.subscribers, scratch.version) = shared.current
            scratch.ids.removeAll(keepingCapacity: true)
        }
    }

    private func deliver(
        _ message: Message,
        policy: QueueFullPolicy,
        _ scratch: inout Scratch
    ) -> PublishOutcome {
        var refusal: (id: SubscriberID, reason: String)?
        for position in scratch.ids.indices {
            let id = scratch.ids[position]
            switch scratch.subscribers.reserve(id, for: message) {
            case nil:
                continue
            case .ok:
                if scratch.reservedCount < position {
                    scratch.ids[scratch.reservedCount] = id
                }
                scratch.reservedCount += 1
            case .gone(let reason):
                scratch.refuse(id, reason)
            case .full(let limit):
                counting.didFindQueueFull()
                guard policy == .bestEffort else {
                    cancel(message, scratch)
                    let name = scratch.subscribers[id]?.name ?? ""
                    broker.observer?.didNotDeliver(message, reason: "\(name) is full: \(limit)")
                    return .queueFull(target: name, limit: limit)
                }
                scratch.refuse(id, "queue full: \(limit)")
            case .refused(let reason):
                refusal = refusal ?? (id, reason)
                scratch.refuse(id, reason)
            }
        }
        // Where others take it, they must not suffer from what one of them refuses; and of what came from a
        // broker nobody can be told.
        if let refusal, policy == .allOrError || scratch.reservedCount == 0 && message.origin != .cloud {
            cancel(message, scratch)
            let name = scratch.subscribers[refusal.id]?.name ?? ""
            broker.explainRefusal(message, target: name, reason: refusal.reason)
            broker.observer?.didNotDeliver(message, reason: "\(name): \(refusal.reason)")
            return .refused(target: name, reason: refusal.reason)
        }
        let durability = commit(message, scratch)
        for (target, reason) in scratch.refused {
            broker.keepDead(message, target: target.name, reason: reason)
            target.didDrop(message)
        }
        return .accepted(targets: scratch.reservedCount, durability: durability)
    }

    private func cancel(_ message: Message, _ scratch: borrowing Scratch) {
        for id in scratch.ids.prefix(scratch.reservedCount) {
            scratch.subscribers[id]?.cancel(message)
        }
    }

    private func commit(_ message: Message, _ scratch: borrowing Scratch) -> EventLoopFuture<Void>? {
        var durability: EventLoopFuture<Void>?
        for position in 0..<scratch.reservedCount {
            guard let pending = scratch.subscribers.commit(scratch.ids[position], message) else { continue }
            durability = durability.map { $0.and(pending).map { _ in } } ?? pending
        }
        counting.didDeliver(to: scratch.reservedCount)
        if let observer = broker.observer, scratch.reservedCount > 0 {
            let ids = scratch.ids.prefix(scratch.reservedCount)
            observer.didRoute(message, to: ids.compactMap { scratch.subscribers[$0]?.name })
        }
        return durability
    }
}

extension [SubscriberID] {
    /// Puts in who gets a message, each once; it is empty before.
    ///
    /// - Returns: Whether any filter on `bus` matches, and how many did on all buses.
    fileprivate mutating func fill(
        from reader: inout TopicReader,
        bus: BusID,
        topic: Span<UInt8>
    ) -> (isMatched: Bool, filterCount: Int) {
        reader.pin()
        var found = append(from: &reader, bus: bus, topic: topic)
        let isMatched = found.filterCount > 0
        if found.hasLocalBus {
            removeAll { $0 == .localBus }
            found.filterCount += append(from: &reader, bus: .local, topic: topic).filterCount
        }
        reader.unpin()
        if found.filterCount > 1 {
            removeDuplicates()
        }
        return (isMatched, found.filterCount)
    }

    /// Adds the subscribers of every filter on `bus` that matches.
    private mutating func append(
        from reader: inout TopicReader,
        bus: BusID,
        topic: Span<UInt8>
    ) -> (filterCount: Int, hasLocalBus: Bool) {
        var found = (filterCount: 0, hasLocalBus: false)
        reader.match(bus: bus, topic: topic) { subscribers in
            found.filterCount += 1
            for position in subscribers.indices {
                let id = subscribers[position]
                found.hasLocalBus = found.hasLocalBus || id == .localBus
                append(id)
            }
        }
        return found
    }

    /// Overlapping filters may name a subscriber more than once; it gets the message once.
    fileprivate mutating func removeDuplicates() {
        sort { $0.rawValue < $1.rawValue }
        var last = 0
        for position in indices.dropFirst() where self[position] != self[last] {
            last += 1
            self[last] = self[position]
        }
        removeSubrange((isEmpty ? 0 : last + 1)...)
    }
}
