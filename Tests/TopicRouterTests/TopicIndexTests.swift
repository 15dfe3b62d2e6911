import Testing
import TopicRouter

@Suite("Topic index")
struct TopicIndexTests {
    let index = TopicIndex()
    let bus = BusID(rawValue: 0)
    let one = SubscriberID(rawValue: 1)
    let two = SubscriberID(rawValue: 2)

    func match(_ topic: String, on bus: BusID) throws -> [UInt32] {
        var reader = index.makeReader()
        reader.pin()
        defer { reader.unpin() }
        return reader.subscribers(bus: bus, topic: try TopicName(topic)).map(\.rawValue).sorted()
    }

    @Test("a subscription counts once, and is taken back once")
    func counting() throws {
        let filter = try TopicFilter("a/+")
        #expect(index.subscribe(one, to: filter, on: bus))
        #expect(!index.subscribe(one, to: filter, on: bus))
        #expect(index.subscribe(two, to: filter, on: bus))
        #expect(index.subscribe(one, to: filter, on: BusID(rawValue: 1)))
        #expect(index.subscriptionCount == 3)
        #expect(index.unsubscribe(one, from: filter, on: bus))
        #expect(!index.unsubscribe(one, from: filter, on: bus))
        #expect(!index.unsubscribe(one, from: filter, on: BusID(rawValue: 9)))
        #expect(index.subscriptionCount == 2)
        #expect(try match("a/b", on: bus) == [2])
    }

    @Test("buses know nothing of each other")
    func buses() throws {
        index.subscribe(one, to: try TopicFilter("a"), on: bus)
        index.subscribe(two, to: try TopicFilter("#"), on: BusID(rawValue: .max))
        #expect(try match("a", on: bus) == [1])
        #expect(try match("a", on: BusID(rawValue: .max)) == [2])
        #expect(try match("a", on: BusID(rawValue: 7)) == [])
    }

    @Test("subscribers of one filter come in one call, each filter in its own")
    func calls() throws {
        for filter in ["a/b", "a/+", "+/#", "#", "b"] {
            index.subscribe(one, to: try TopicFilter(filter), on: bus)
            index.subscribe(two, to: try TopicFilter(filter), on: bus)
        }
        var reader = index.makeReader()
        reader.pin()
        var counts: [Int] = []
        reader.match(bus: bus, topic: [UInt8]("a/b".utf8).span) { counts.append($0.count) }
        reader.unpin()
        #expect(counts == [2, 2, 2, 2])
    }

    @Test("changes of one call are made in their order, and count for nothing if they undo each other")
    func order() throws {
        let filter = try TopicFilter("a")
        index.apply([.subscribe(one, to: filter, on: bus), .unsubscribe(one, from: filter, on: bus)])
        #expect(try match("a", on: bus) == [])
        index.apply([.unsubscribe(one, from: filter, on: bus), .subscribe(one, to: filter, on: bus)])
        #expect(try match("a", on: bus) == [1])
        #expect(index.subscriptionCount == 1)
    }

    @Test("a reader sees each change once it is pinned anew, and changes of one call not while it is pinned")
    func pinning() throws {
        let topic = try TopicName("a")
        let filter = try TopicFilter("a")
        var reader = index.makeReader()
        reader.pin()
        index.apply([.subscribe(one, to: filter, on: bus), .subscribe(two, to: filter, on: bus)])
        #expect(reader.subscribers(bus: bus, topic: topic).isEmpty)
        reader.unpin()
        reader.pin()
        #expect(reader.subscribers(bus: bus, topic: topic) == [one, two])
        index.unsubscribe(one, from: filter, on: bus)
        reader.unpin()
        reader.pin()
        #expect(reader.subscribers(bus: bus, topic: topic) == [two])
        index.unsubscribe(two, from: filter, on: bus)
        reader.unpin()
        reader.pin()
        #expect(reader.subscribers(bus: bus, topic: topic).isEmpty)
        reader.unpin()
    }

    @Test("ten thousand buses load in one call, and change one by one")
    func manyBuses() throws {
        let count: UInt32 = 10_000
        index.apply(
            try (0..<count).map { number in
                .subscribe(
                    SubscriberID(rawValue: number),
                    to: try TopicFilter("f/\(number)"),
                    on: BusID(rawValue: number)
                )
            }
        )
        #expect(index.subscriptionCount == Int(count))
        index.unsubscribe(SubscriberID(rawValue: 5), from: try TopicFilter("f/5"), on: BusID(rawValue: 5))
        index.subscribe(one, to: try TopicFilter("f/+"), on: BusID(rawValue: 9_999))
        #expect(try match("f/4", on: BusID(rawValue: 4)) == [4])
        #expect(try match("f/4", on: BusID(rawValue: 6)) == [])
        #expect(try match("f/5", on: BusID(rawValue: 5)) == [])
        #expect(try match("f/9999", on: BusID(rawValue: 9_999)) == [1, 9_999])
    }

    @Test("topics as long and as deep as they can be")
    func deepTopics() throws {
        let levelCount = 32_768
        let letters = Array(repeating: "a", count: levelCount).joined(separator: "/")
        let pluses = Array(repeating: "+", count: levelCount).joined(separator: "/")
        let halves = Array(repeating: "a/+", count: levelCount / 2).joined(separator: "/")
        let separators = String(repeating: "/", count: TopicName.byteCountMax)
        let filters = [letters, pluses, halves, separators, "a/#", "/#", String(pluses.dropLast(1)) + "#"]
        for (number, filter) in filters.enumerated() {
            index.subscribe(SubscriberID(rawValue: UInt32(number)), to: try TopicFilter(filter), on: bus)
        }
        #expect(try match(letters, on: bus) == [0, 1, 2, 4, 6])
        #expect(try match(separators, on: bus) == [3, 5, 6])
        #expect(try TopicFilter(pluses).covers(TopicFilter(halves)))
        #expect(try TopicFilter(halves).overlaps(TopicFilter(letters)))
    }

    @Test("bytes that are no topic name do no harm")
    func hostileBytes() throws {
        for filter in ["+", "#", "a/+", "+/a", "a//#"] {
            index.subscribe(one, to: try TopicFilter(filter), on: bus)
        }
        var reader = index.makeReader()
        reader.pin()
        for bytes: [UInt8] in [
            [], [0], [0xFF, 0x2F], Array("+/#/+".utf8), Array(repeating: 0x2F, count: 100_000),
        ] {
            reader.match(bus: bus, topic: bytes.span) { #expect($0.count == 1) }
        }
        reader.unpin()
    }

    @Test("a reader that is not pinned traps")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var reader = TopicIndex().makeReader()
            reader.match(bus: BusID(rawValue: 0), topic: [UInt8]("a".utf8).span) { _ in }
        }
    }
}
