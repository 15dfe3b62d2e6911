import Testing
import TopicRouter

@testable import Broker

@Suite struct SubscriberTableTests {
    private var table = SubscriberTable(uplink: MissingUplink())

    @Test("an id finds its subscriber until that is removed")
    mutating func lifetime() throws {
        let one = table.add(RecordingSubscriber("one"))
        let two = table.add(RecordingSubscriber("two"))
        #expect(table[one]?.name == "one")
        #expect(table.remove(one)?.name == "one")
        #expect(table[one] == nil)
        #expect(table.remove(one) == nil)
        #expect(table[two]?.name == "two")
        #expect(table.first(named: "one") == nil)
        #expect(table.first(named: "two") != nil)
    }

    @Test("a place is used again after a thousand others, under an id that nobody had")
    mutating func reuse() {
        var ids: Set<SubscriberID> = []
        var last = SubscriberID.uplink
        for number in 0..<10_000 {
            last = table.add(RecordingSubscriber("\(number)"))
            #expect(ids.insert(last).inserted)
            _ = table.remove(last)
        }
        let kept = table.add(RecordingSubscriber("kept"))
        #expect(ids.allSatisfy { table[$0] == nil })
        #expect(table[kept]?.name == "kept")
        #expect(kept.rawValue & 0xFF_FFFF < 1_100, "places are few")
        #expect(table[.uplink] != nil)
    }

    @Test("an id that was never given finds nobody")
    func unknown() {
        #expect(table[SubscriberID(rawValue: .max)] == nil)
        #expect(table[SubscriberID(rawValue: 1 << 24)] == nil)
    }
}
