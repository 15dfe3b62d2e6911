import TestSupport
import Testing

@testable import TopicRouter

@Suite("An index that somebody means to slow down")
struct HostileSetTests {
    private let bus = BusID(rawValue: 1)
    private let honest = SubscriberID(rawValue: 1)
    private let hostile = SubscriberID(rawValue: 2)

    /// A filter of 17 levels, any of which may be `+`; each number is another shape.
    private func filter(_ number: Int) throws -> TopicFilter {
        var text: [UInt8] = []
        for level in 0..<17 {
            text.append(UInt8(ascii: "/"))
            text.append(UInt8(ascii: number >> level & 1 == 1 ? "+" : "x"))
        }
        return try TopicFilter(utf8: text[1...])
    }

    @Test("100,000 filters of as many shapes are matched, and can be taken back")
    func manyShapes() throws {
        let index = TopicIndex()
        // The first one has no wildcard.
        let filters = try (1...100_000).map(filter)
        index.apply(filters.map { .subscribe(hostile, to: $0, on: bus) })
        index.subscribe(honest, to: try TopicFilter("plant/+/temperature"), on: bus)
        var reader = index.makeReader()
        reader.pin()
        #expect(reader.subscribers(bus: bus, topic: try TopicName("plant/1/temperature")) == [honest])
        let topic = Array(repeating: "x", count: 17).joined(separator: "/")
        #expect(reader.subscribers(bus: bus, topic: try TopicName(topic)).count == filters.count)
        // Bit 3 of a filter's number must be set.
        let other = (0..<17).map { $0 == 3 ? "y" : "x" }.joined(separator: "/")
        let expected = (1...100_000).count { $0 >> 3 & 1 == 1 }
        #expect(reader.subscribers(bus: bus, topic: try TopicName(other)).count == expected)
        reader.unpin()
        // One by one, as to take back many at once copies the others.
        for filter in filters.prefix(1_000) {
            index.unsubscribe(hostile, from: filter, on: bus)
        }
        #expect(index.subscriptionCount == 99_001)
    }

    @Test("a bus never has more probes for a match than there may be shapes")
    func probeCount() throws {
        let keys = HashKeys.random()
        defer { keys.deallocate() }
        let catalogue = Catalogue(keys: keys, unitCount: 1 << 20, topicCount: 0, otherCount: 20_000)
        for number in 1...1_000 {
            let filter = try filter(number)
            let place = FilterPlace(filter, bus: 1, keys: keys)
            catalogue.insert(filter, bus: 1, at: place, SubscriberWord(hostile))
        }
        let bus = catalogue.generation[try #require(catalogue.generation.findBus(1))]
        let plan = ProbePlan(base: catalogue.generation[bus.plan].base)
        #expect(plan.probes(17).count == Shape.countMax)
        #expect(plan.probes(3).count == 0)
        #expect(bus.trie != 0)
    }

    @Test("a level is hashed once, however many nodes of the trie it is looked up in")
    func levelsAreReadOnce() throws {
        let keys = HashKeys.random()
        defer { keys.deallocate() }
        let memory = UnsafeMutablePointer<TrieLevels.Level>.allocate(capacity: TrieLevels.countMax)
        defer { memory.deallocate() }
        let text = Array("a//\(String(repeating: "b", count: 60_000))/".utf8)
        text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var levels = TrieLevels(base, bytes.count, keys: keys, in: memory)
            var lengths: [Int] = []
            while levels.hasLevel(lengths.count) {
                // Asking again changes nothing.
                let isStillThere = levels.hasLevel(lengths.count)
                #expect(isStillThere)
                let level = levels[lengths.count]
                #expect(level.hash == keys.label(level.text, level.byteCount))
                lengths.append(level.byteCount)
            }
            #expect(lengths == [1, 0, 60_000, 0])
        }
    }

    @Test("topics of 1,000 levels and of 65,535 bytes find their filters among many shapes")
    func largeTopics() throws {
        let index = TopicIndex()
        index.apply(try (1...2_000).map { .subscribe(hostile, to: try filter($0), on: bus) })
        let levels = Array(repeating: "x", count: 1_000).joined(separator: "/")
        let bytes = String(repeating: "y", count: TopicName.byteCountMax)
        let separators = String(repeating: "/", count: TopicName.byteCountMax)
        let maze =
            String(repeating: "x/", count: 16)
            + String(repeating: "y", count: TopicName.byteCountMax - 32)
        let filters = [
            "\(levels.dropLast())+", bytes, "\(separators.dropLast())#", maze, "x/#", "+", "+/#",
        ]
        for (number, filter) in filters.enumerated() {
            let subscriber = SubscriberID(rawValue: 10 + UInt32(number))
            index.subscribe(subscriber, to: try TopicFilter(filter), on: bus)
        }
        var reader = index.makeReader()
        reader.pin()
        for (topic, expected) in [
            (levels, [10, 14, 16]), (bytes, [11, 15, 16]), (separators, [12, 16]),
        ] as [(String, [UInt32])] {
            let found = reader.subscribers(bus: bus, topic: try TopicName(topic)).map(\.rawValue).sorted()
            #expect(found == expected)
        }
        // Every filter of 17 levels whose last one is `+` has a number over 65,535: none of these.
        let found = reader.subscribers(bus: bus, topic: try TopicName(maze)).map(\.rawValue).sorted()
        #expect(found == [13, 14, 16])
        reader.unpin()
    }

    @Test("topics that collide under the keys of one index don't under those of another")
    func chosenCollisions() {
        let one = HashKeys.random()
        let other = HashKeys.random()
        defer {
            one.deallocate()
            other.deallocate()
        }
        // As many places as a table for a thousand records has; the topics are those that share one of them.
        let mask: UInt64 = 2_047
        func place(_ text: String, _ keys: HashKeys) -> UInt64 {
            let bytes = Array(text.utf8)
            return bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { keys.whole($0, buffer.count, bus: 1) & mask } ?? 0
            }
        }
        let colliding = (0..<400_000).lazy.map { "plant/\($0)/temperature" }.filter { place($0, one) == 0 }
        let chosen = Array(colliding.prefix(100))
        #expect(chosen.count == 100)
        // A hundred of 2,048 places, drawn at random, are 97 different ones or so.
        #expect(Set(chosen.map { place($0, other) }).count > 80)
    }
}
