import Testing
import TopicRouter

@testable import MQTTBridge

@Suite("Filter partition")
struct FilterPartitionTests {
    private func texts(_ parts: [Set<TopicFilter>]) -> [[String]] {
        parts.map { $0.map(\.description).sorted() }
    }

    @Test("fills one connection before the next, and says what has no room")
    func fills() throws {
        var partition = FilterPartition(capacity: 2, partCountMax: 2)
        let last = try filters("e")
        let (parts, left) = partition.divide(try filters("a", "b", "c", "d").union(last))
        #expect(self.texts(parts) == [["a", "b"], ["c", "d"]])
        #expect(left == last)
        #expect(self.texts(partition.divide([]).parts) == [[]])
    }

    @Test("leaves a filter where it is, and fills gaps")
    func stays() throws {
        var partition = FilterPartition(capacity: 2, partCountMax: 9)
        _ = partition.divide(try filters("a", "b", "c"))
        #expect(self.texts(partition.divide(try filters("b", "c", "d")).parts) == [["b", "d"], ["c"]])
        #expect(self.texts(partition.divide(try filters("c")).parts) == [[], ["c"]])
    }

    @Test("keeps filters together that overlap, and covered ones with what covers them")
    func together() throws {
        var partition = FilterPartition(capacity: 2, partCountMax: 9)
        _ = partition.divide(try filters("a", "b", "x/+"))
        let (parts, _) = partition.divide(try filters("a", "x/+", "+/y", "x/1", "x/2", "x/3"))
        #expect(self.texts(parts) == [["a"], ["+/y", "x/+", "x/1", "x/2", "x/3"]])
    }
}
