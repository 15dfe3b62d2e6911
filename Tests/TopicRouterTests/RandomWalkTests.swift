import TestSupport
import Testing
import TopicRouter

@Suite("Random walks over the index")
struct RandomWalkTests {
    struct Subscription: Hashable {
        let bus: BusID
        let filter: TopicFilter
        let subscriber: SubscriberID
    }

    @Test("changes and matches agree with the oracle", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func walk(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let filters = try SmallTopics.filters(letters: ["a", "b"], levelCountMax: 3).map {
            try TopicFilter($0)
        }
        let topics = try SmallTopics.topics(letters: ["a", "b"], levelCountMax: 4).map { try TopicName($0) }
        let index = TopicIndex()
        var reader = index.makeReader()
        var model: Set<Subscription> = []
        for _ in 0..<300 {
            // Few values and often the same, so that filters are shared, emptied and filled again.
            let changes = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                let subscription = Subscription(
                    bus: BusID(rawValue: .random(in: 0..<3, using: &random)),
                    filter: filters[.random(in: 0..<filters.count / 4, using: &random) * 4],
                    subscriber: SubscriberID(rawValue: .random(in: 0..<3, using: &random))
                )
                return (subscription, isInsertion: Bool.random(using: &random))
            }
            Self.change(index, &model, changes)
            #expect(index.subscriptionCount == model.count)
            let bus = BusID(rawValue: .random(in: 0..<4, using: &random))
            let topic = topics[.random(in: 0..<topics.count, using: &random)]
            let expected = model.filter {
                $0.bus == bus
                    && TopicOracle.matches(filter: $0.filter.description, topic: topic.description)
            }
            reader.pin()
            let found = reader.subscribers(bus: bus, topic: topic)
            reader.unpin()
            #expect(
                found.map(\.rawValue).sorted() == expected.map(\.subscriber.rawValue).sorted(),
                "\(topic) on \(bus)"
            )
        }
        Self.change(index, &model, model.map { ($0, isInsertion: false) })
        #expect(index.subscriptionCount == 0)
    }

    /// One change by its own method, several at once.
    static func change(
        _ index: TopicIndex,
        _ model: inout Set<Subscription>,
        _ changes: [(Subscription, isInsertion: Bool)]
    ) {
        if changes.count == 1 {
            let (subscription, isInsertion) = changes[0]
            let (bus, filter, subscriber) = (subscription.bus, subscription.filter, subscription.subscriber)
            let isEffective =
                isInsertion
                ? index.subscribe(subscriber, to: filter, on: bus)
                : index.unsubscribe(subscriber, from: filter, on: bus)
            #expect(isEffective == (model.contains(subscription) != isInsertion))
        } else {
            index.apply(
                changes.map { subscription, isInsertion in
                    let (bus, filter, subscriber) = (
                        subscription.bus, subscription.filter, subscription.subscriber
                    )
                    return isInsertion
                        ? .subscribe(subscriber, to: filter, on: bus)
                        : .unsubscribe(subscriber, from: filter, on: bus)
                }
            )
        }
        for (subscription, isInsertion) in changes {
            if isInsertion {
                model.insert(subscription)
            } else {
                model.remove(subscription)
            }
        }
    }
}
