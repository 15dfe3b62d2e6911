import CAllocationCount
import Testing
import TopicRouter

@Suite("Allocations", .enabled(if: allocations_are_counted(), "a sanitizer has an allocator of its own"))
struct AllocationTests {
    @Test("pinning and matching allocate nothing, however deep the topic")
    func matching() throws {
        let bus = BusID(rawValue: 1)
        let index = TopicIndex()
        let deep = Array(repeating: "a", count: 5_000).joined(separator: "/")
        let deepFilter = Array(repeating: "+", count: 5_000).joined(separator: "/")
        let filters = ["a/b/c", "a/+/c", "+/+/+", "a/#", "#", "x/+/y/+/z/#", "$a/#", deep, deepFilter]
        for (number, filter) in filters.enumerated() {
            index.subscribe(SubscriberID(rawValue: UInt32(number)), to: try TopicFilter(filter), on: bus)
        }
        let topics = ["a/b/c", "a", "x/1/y/2/z", "$a/b", "nothing", deep].map { Array($0.utf8) }
        var reader = index.makeReader()
        var matchCount = 0
        var allocationCount: UInt64 = 0
        // The first lap is for what the runtime allocates once in a process, such as the metadata of generic
        // types.
        for _ in 0..<2 {
            matchCount = 0
            let before = allocation_count()
            // By position: in a debug build the array's iterator allocates.
            for position in topics.indices {
                let topic = topics[position]
                reader.pin()
                reader.match(bus: bus, topic: topic.span) { matchCount += $0.count }
                reader.match(bus: BusID(rawValue: 2), topic: topic.span) { matchCount += $0.count }
                reader.unpin()
            }
            allocationCount = allocation_count() - before
        }
        #expect(allocationCount == 0)
        #expect(matchCount == 15)
    }

    @Test("are counted for the calling thread")
    func counting() throws {
        let before = allocation_count()
        _ = try TopicName("a/b")
        #expect(allocation_count() > before)
    }
}
