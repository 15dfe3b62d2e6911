import Synchronization
import TestSupport
import Testing
import TopicRouter

/// Tells readers that the writer is done.
private final class Flag: Sendable {
    let isDone = Atomic(false)
}

@Suite("Concurrent use of the index")
struct ConcurrencyTests {
    static let bus = BusID(rawValue: 1)
    static let filters = ["a/b", "a/+", "+/b", "a/#", "#", "+/+"]

    /// The changes that replace one generation of subscribers, one for each filter, by the next.
    static func changes(to generation: UInt32) throws -> [TopicIndex.Change] {
        try filters.flatMap { text in
            let filter = try TopicFilter(text)
            var changes: [TopicIndex.Change] = [
                .subscribe(SubscriberID(rawValue: generation), to: filter, on: bus)
            ]
            if generation > 0 {
                changes.append(.unsubscribe(SubscriberID(rawValue: generation - 1), from: filter, on: bus))
            }
            return changes
        }
    }

    @Test("a match sees the changes of one call all or not at all", .timeLimit(.minutes(5)))
    func batches() async throws {
        let index = TopicIndex()
        let generationCount: UInt32 = 500
        index.apply(try Self.changes(to: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for generation in 1..<generationCount {
                    index.apply(try Self.changes(to: generation))
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    let topic = try TopicName("a/b")
                    var reader = index.makeReader()
                    var last: UInt32 = 0
                    while last < generationCount - 1 {
                        reader.pin()
                        let seen = reader.subscribers(bus: Self.bus, topic: topic).map(\.rawValue)
                        let seenAgain = reader.subscribers(bus: Self.bus, topic: topic).map(\.rawValue)
                        reader.unpin()
                        try #require(seen.count == Self.filters.count && Set(seen).count == 1)
                        try #require(seen == seenAgain && seen[0] >= last)
                        last = seen[0]
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(index.subscriptionCount == Self.filters.count)
    }

    @Test("no change is lost between writers", .timeLimit(.minutes(5)))
    func writers() async throws {
        let index = TopicIndex()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer: UInt32 in 0..<4 {
                group.addTask {
                    for number: UInt32 in 0..<50 {
                        let filter = try TopicFilter("a/\(number)")
                        index.subscribe(SubscriberID(rawValue: writer), to: filter, on: Self.bus)
                        index.subscribe(
                            SubscriberID(rawValue: number),
                            to: filter,
                            on: BusID(rawValue: 10 + writer)
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(index.subscriptionCount == 400)
        var reader = index.makeReader()
        reader.pin()
        #expect(reader.subscribers(bus: Self.bus, topic: try TopicName("a/49")).count == 4)
        reader.unpin()
    }

    @Test(
        "while subscriptions come and go, matches have all that stay and only what may be there",
        .timeLimit(.minutes(5)),
        arguments: [21, 22] as [UInt64]
    )
    func randomChanges(seed: UInt64) async throws {
        let index = TopicIndex()
        let filters = try SmallTopics.filters(letters: ["a", "b"], levelCountMax: 4).map {
            try TopicFilter($0)
        }
        let topics = try SmallTopics.topics(letters: ["a", "b"], levelCountMax: 4).map { try TopicName($0) }
        // Subscriber n stays at filter n; those from `filters.count` on come and go.
        for (number, filter) in filters.enumerated() {
            index.subscribe(SubscriberID(rawValue: UInt32(number)), to: filter, on: Self.bus)
        }
        let expected = topics.map { topic in
            filters.indices.filter {
                TopicOracle.matches(filter: filters[$0].description, topic: topic.description)
            }
        }
        let flag = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var random = SplitMix64(seed: seed)
                for _ in 0..<20_000 {
                    let number = Int.random(in: 0..<filters.count, using: &random)
                    let subscriber = SubscriberID(rawValue: UInt32(filters.count + number))
                    if Bool.random(using: &random) {
                        index.subscribe(subscriber, to: filters[number], on: Self.bus)
                    } else {
                        index.unsubscribe(subscriber, from: filters[number], on: Self.bus)
                    }
                }
                flag.isDone.store(true, ordering: .releasing)
            }
            for task: UInt64 in 1...2 {
                group.addTask {
                    var random = SplitMix64(seed: seed &* 31 &+ task)
                    var reader = index.makeReader()
                    while !flag.isDone.load(ordering: .acquiring) {
                        reader.pin()
                        for _ in 0..<64 {
                            let number = Int.random(in: 0..<topics.count, using: &random)
                            let found = reader.subscribers(bus: Self.bus, topic: topics[number])
                                .map { Int($0.rawValue) }
                            let staying = found.filter { $0 < filters.count }.sorted()
                            let changing = found.filter { $0 >= filters.count }.map { $0 - filters.count }
                            try #require(staying == expected[number])
                            try #require(Set(changing).isSubset(of: expected[number]))
                        }
                        reader.unpin()
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
