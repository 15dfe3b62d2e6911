internal import NIOConcurrencyHelpers
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
        var ids: [SubscriberID] = []
        var targets: [any Subscriber] = []
        var reserved: [any Subscriber] = []
        var refused: [(target: any Subscriber, reason: String)] = []

        /// Lets go of the subscribers, so that an idle publisher keeps none alive.
        mutating func clear() {
            ids.removeAll(keepingCapacity: true)
            targets.removeAll(keepingCapacity: true)
            reserved.removeAll(keepingCapacity: true)
            refused.removeAll(keepingCapacity: true)
        }
    }

    private let broker: Broker
    private var reader: TopicReader
    private var idle = Scratch()

    init(broker: Broker, reader: consuming TopicReader) {
        self.broker = broker
        self.reader = reader
    }

    /// Publishes a message on a bus: every subscriber with a matching filter gets it once.
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
            for target in scratch.targets {
                broker.keepDead(message, target: target.name, reason: reason)
            }
            return .accepted(targets: 0, durability: nil)
        }
        return deliver(message, policy: policy, &scratch)
    }

    /// Fills `targets`, each once.
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
        guard !scratch.ids.isEmpty else { return isMatched }
        broker.directory.withLockedValue { directory in
            for id in scratch.ids {
                if let subscriber = directory.subscribers[id] {
                    scratch.targets.append(subscriber)
                }
            }
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
        for target in scratch.targets {
            switch target.reserve(for: message) {
            case .ok:
                scratch.reserved.append(target)
            case .gone(let reason):
                scratch.refused.append((target, reason))
            case .full(let limit):
                broker.counting.didFindQueueFull()
                guard policy == .bestEffort else {
                    for target in scratch.reserved {
                        target.cancel(message)
                    }
                    broker.observer?.didNotDeliver(message, reason: "\(target.name) is full: \(limit)")
                    return .queueFull(target: target.name, limit: limit)
                }
                scratch.refused.append((target, "queue full: \(limit)"))
            }
        }
        let durability = commit(message, at: scratch.reserved)
        for (target, reason) in scratch.refused {
            broker.keepDead(message, target: target.name, reason: reason)
        }
        return .accepted(targets: scratch.reserved.count, durability: durability)
    }

    private func commit(_ message: Message, at targets: [any Subscriber]) -> EventLoopFuture<Void>? {
        var durability: EventLoopFuture<Void>?
        for target in targets {
            guard let pending = target.commit(message) else { continue }
            durability = durability.map { $0.and(pending).map { _ in } } ?? pending
        }
        broker.counting.didDeliver(to: targets.count)
        if let observer = broker.observer, !targets.isEmpty {
            observer.didRoute(message, to: targets.map(\.name))
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
