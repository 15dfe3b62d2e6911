import Testing

@testable import TopicRouter

@Suite("The memory of an index")
struct IndexMemoryTests {
    private let bus = BusID(rawValue: 1)

    @Test("stays as it is while subscriptions come and go, and is given back when they have gone")
    func churn() throws {
        var writer = IndexWriter()
        var epoch: UInt64 = 1
        func filter(_ number: Int) throws -> TopicFilter {
            let text = number.isMultiple(of: 3) ? "churn/+/\(number)/#" : "churn/\(number)/of/some/levels"
            return try TopicFilter(text)
        }
        func apply(_ change: TopicIndex.Change) {
            _ = writer.apply(change, epoch: epoch) { _ in }
            epoch += 1
            writer.reclaim()
        }
        let subscriber = SubscriberID(rawValue: 7)
        var unitCounts: [Int] = []
        for number in 0..<60_000 {
            apply(.subscribe(subscriber, to: try filter(number), on: bus))
            if number >= 1_000 {
                apply(.unsubscribe(subscriber, from: try filter(number - 1_000), on: bus))
            }
            if number % 10_000 == 9_999 {
                unitCounts.append(writer.catalogue.state.pointee.arena.unitCount)
            }
        }
        // The tables' marks make a new generation now and then, with room for what is there by then.
        #expect(unitCounts.allSatisfy { $0 <= 2 * unitCounts[0] }, "\(unitCounts)")
        #expect(writer.catalogue.state.pointee.subscriptionCount == 1_000)
        for number in 59_000..<60_000 {
            apply(.unsubscribe(subscriber, from: try filter(number), on: bus))
        }
        #expect(writer.catalogue.state.pointee.liveUnits == 0)
        #expect(writer.catalogue.state.pointee.topicCount == 0)
        #expect(writer.catalogue.state.pointee.otherCount == 0)
    }

    @Test("a filter with many subscribers loses and gains them one by one")
    func manySubscribers() throws {
        let index = TopicIndex()
        let filter = try TopicFilter("to/many")
        let ids = (0..<1_000).map { SubscriberID(rawValue: $0) }
        for id in ids {
            #expect(index.subscribe(id, to: filter, on: bus))
        }
        var reader = index.makeReader()
        for id in ids.shuffled().prefix(999) {
            #expect(index.unsubscribe(id, from: filter, on: bus))
            #expect(!index.unsubscribe(id, from: filter, on: bus))
        }
        reader.pin()
        #expect(reader.subscribers(bus: bus, topic: try TopicName("to/many")).count == 1)
        reader.unpin()
        #expect(index.subscriptionCount == 1)
    }

    @Test("one filter that comes and goes is changed in place", arguments: [1, 38, 45, 70])
    func inPlace(shapeCount: Int) throws {
        var writer = IndexWriter()
        var epoch: UInt64 = 0
        var copyCount = 0
        func make(_ change: TopicIndex.Change) {
            _ = writer.apply(change, epoch: epoch) { _ in copyCount += 1 }
            epoch += 1
            writer.reclaim()
        }
        let one = SubscriberID(rawValue: 1)
        for shape in 0..<shapeCount {
            // Which of seven levels are `+`.
            let levels = (0..<7).map { shape >> $0 & 1 == 0 ? "a" : "+" }
            let filter = try TopicFilter(levels.joined(separator: "/") + "/#")
            make(.subscribe(one, to: filter, on: bus))
        }
        copyCount = 0
        for number in 0..<100 {
            for filter in try [TopicFilter("x\(number)/+"), TopicFilter("x\(number)")] {
                make(.subscribe(one, to: filter, on: bus))
                make(.unsubscribe(one, from: filter, on: bus))
            }
        }
        #expect(copyCount <= 2)
    }
}
