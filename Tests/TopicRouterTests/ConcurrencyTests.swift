import Testing
import TopicRouter

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

    @Test("a match sees the changes of one call all or not at all", .timeLimit(.minutes(1)))
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

    @Test("no change is lost between writers", .timeLimit(.minutes(1)))
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
}
