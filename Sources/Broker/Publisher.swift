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
    /// It is taken out for its time, so that a subscriber that publishes in turn, against the rule, gets
    /// empty buffers and not somebody else's targets.
    private struct Scratch {
        /// Who matches; of these, the first `reservedCount` keep room.
        var ids: [SubscriberID] = []
        var reservedCount = 0
        var refused: [(target: any Subscriber, reason: String)] = []

        mutating func clear() {
            ids.removeAll(keepingCapacity: true)
            reservedCount = 0
            if !refused.isEmpty {
                refused.removeAll()
            }
        }
    }

    private let broker: Broker
    private var reader: TopicReader
    private var idle = Scratch()
    /// The broker's, as of `subscriberVersion`; those that are gone live on until the next publish.
    private var subscribers: SubscriberTable
    private var subscriberVersion: Int

    init(broker: Broker, reader: consuming TopicReader) {
        self.broker = broker
        self.reader = reader
        (subscribers, subscriberVersion) = broker.subscribers.current
    }

    /// Publishes a message on a bus: every subscriber with a matching filter gets it once.
    ///
    /// With one target nothing is allocated and no lock is taken, but for what the target itself does, and
    /// for the first publish after subscribers came or went.
    ///
    /// - Parameters:
    ///   - message: What is published.
    ///   - bus: Where.
    ///   - policy: What to do when a subscriber has no room.
    /// - Returns: `.noSubscription` only on a function's bus; elsewhere nobody listening is a success.
    public func publish(
        _ message: Message,
        on bus: BusID,
        policy: QueueFullPolicy = .bestEffort
    ) -> PublishOutcome {
        var scratch = Scratch()
        swap(&scratch, &idle)
        defer {
            scratch.clear()
            swap(&scratch, &idle)
        }
        broker.counting.didPublish()
        let isMatched = findTargets(bus: bus, topic: message.topic, &scratch)
        if bus.isFunction, !isMatched {
            broker.counting.didFindNoSubscription()
            broker.explainMiss(message)
            broker.observer?.didNotDeliver(message, reason: "no subscription")
            return .noSubscription
        }
        if message.hops > messageHopsMax {
            let reason = "passed through more than \(messageHopsMax) functions: a loop?"
            for id in scratch.ids {
                guard let target = subscribers[id] else { continue }
                broker.keepDead(message, target: target.name, reason: reason)
            }
            return .accepted(targets: 0, durability: nil)
        }
        return deliver(message, policy: policy, &scratch)
    }

    /// Fills `ids`, each once.
    ///
    /// - Returns: Whether any filter matched; with a row for `pubsub` that is so even when nobody listens
    ///   there.
    private func findTargets(bus: BusID, topic: TopicName, _ scratch: inout Scratch) -> Bool {
        reader.pin()
        var matchCount = match(bus: bus, topic: topic, &scratch.ids)
        let isMatched = matchCount > 0
        if scratch.ids.contains(.localBus) {
            scratch.ids.removeAll { $0 == .localBus }
            matchCount += match(bus: .local, topic: topic, &scratch.ids)
        }
        reader.unpin()
        if matchCount > 1 {
            scratch.ids.removeDuplicates()
        }
        // After the match: whoever is found there was added before.
        if broker.subscribers.version != subscriberVersion {
            (subscribers, subscriberVersion) = broker.subscribers.current
        }
        return isMatched
    }

    private func match(bus: BusID, topic: TopicName, _ ids: inout [SubscriberID]) -> Int {
        var matchCount = 0
        reader.match(bus: bus, topic: topic.utf8.span) { subscribers in
            matchCount += 1
            for position in subscribers.indices {
                ids.append(subscribers[position])
            }
        }
        return matchCount
    }

    private func deliver(
        _ message: Message,
        policy: QueueFullPolicy,
        _ scratch: inout Scratch
    ) -> PublishOutcome {
        for position in scratch.ids.indices {
            let id = scratch.ids[position]
            guard let target = subscribers[id] else { continue }
            switch target.reserve(for: message) {
            case .ok:
                scratch.ids[scratch.reservedCount] = id
                scratch.reservedCount += 1
            case .gone(let reason):
                scratch.refused.append((target, reason))
            case .full(let limit):
                broker.counting.didFindQueueFull()
                guard policy == .bestEffort else {
                    for id in scratch.ids.prefix(scratch.reservedCount) {
                        subscribers[id]?.cancel(message)
                    }
                    broker.observer?.didNotDeliver(message, reason: "\(target.name) is full: \(limit)")
                    return .queueFull(target: target.name, limit: limit)
                }
                scratch.refused.append((target, "queue full: \(limit)"))
            }
        }
        let durability = commit(message, scratch)
        for (target, reason) in scratch.refused {
            broker.keepDead(message, target: target.name, reason: reason)
        }
        return .accepted(targets: scratch.reservedCount, durability: durability)
    }

    private func commit(_ message: Message, _ scratch: borrowing Scratch) -> EventLoopFuture<Void>? {
        var durability: EventLoopFuture<Void>?
        for position in 0..<scratch.reservedCount {
            guard let pending = subscribers[scratch.ids[position]]?.commit(message) else { continue }
            durability = durability.map { $0.and(pending).map { _ in } } ?? pending
        }
        broker.counting.didDeliver(to: scratch.reservedCount)
        if let observer = broker.observer, scratch.reservedCount > 0 {
            let ids = scratch.ids.prefix(scratch.reservedCount)
            observer.didRoute(message, to: ids.compactMap { subscribers[$0]?.name })
        }
        return durability
    }
}

extension [SubscriberID] {
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
