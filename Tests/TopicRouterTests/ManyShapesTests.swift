import TestSupport
import Testing

@testable import TopicRouter

@Suite("An index with more shapes of filters than are told apart")
struct ManyShapesTests {
    private static let bus = BusID(rawValue: 3)

    /// A filter of up to eight levels, of which any may be `+`, and the last one `#`.
    private static func filter(_ random: inout SplitMix64) throws -> TopicFilter {
        var levels = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            ["+", "a", "b", "", "$s", "a-level-of-more-than-eight-bytes"].randomElement(using: &random) ?? ""
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            levels[levels.count - 1] = "#"
        }
        if levels == [""] {
            levels = ["a"]
        }
        return try TopicFilter(levels.joined(separator: "/"))
    }

    private static func topic(_ random: inout SplitMix64) throws -> TopicName {
        let levels = (0..<Int.random(in: 1...9, using: &random)).map { _ in
            ["a", "b", "", "$s", "a-level-of-more-than-eight-bytes"].randomElement(using: &random) ?? ""
        }
        return try TopicName(levels == [""] ? "b" : levels.joined(separator: "/"))
    }

    @Test("matches what the oracle says, while filters come and go", arguments: [11, 12, 13, 14] as [UInt64])
    func oracle(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let index = TopicIndex()
        var reader = index.makeReader()
        var model: [TopicFilter: Set<UInt32>] = [:]
        for step in 0..<1_500 {
            let subscriber = UInt32.random(in: 0..<6, using: &random)
            let isRemoval = step > 800 && Bool.random(using: &random)
            let filter = isRemoval ? model.keys.randomElement(using: &random) : try Self.filter(&random)
            guard let filter else { continue }
            if isRemoval {
                let isEffective = model[filter, default: []].remove(subscriber) != nil
                #expect(
                    index.unsubscribe(SubscriberID(rawValue: subscriber), from: filter, on: Self.bus)
                        == isEffective
                )
                if model[filter]?.isEmpty == true {
                    model[filter] = nil
                }
            } else {
                let isEffective = model[filter, default: []].insert(subscriber).inserted
                #expect(
                    index.subscribe(SubscriberID(rawValue: subscriber), to: filter, on: Self.bus)
                        == isEffective
                )
            }
            guard step % 5 == 0 else { continue }
            let topic = try Self.topic(&random)
            let expected = model.filter {
                TopicOracle.matches(filter: $0.key.description, topic: topic.description)
            }
            reader.pin()
            let found = reader.subscribers(bus: Self.bus, topic: topic).map(\.rawValue).sorted()
            reader.unpin()
            #expect(found == expected.values.flatMap { $0 }.sorted(), "\(topic)")
        }
        #expect(Set(model.keys.compactMap { Self.shape($0) }).count > Shape.countMax)
        for (filter, subscribers) in model {
            for subscriber in subscribers {
                index.unsubscribe(SubscriberID(rawValue: subscriber), from: filter, on: Self.bus)
            }
        }
        #expect(index.subscriptionCount == 0)
        reader.pin()
        #expect(reader.subscribers(bus: Self.bus, topic: try TopicName("a/b")).isEmpty)
        reader.unpin()
    }

    private static func shape(_ filter: TopicFilter) -> [Substring]? {
        guard filter.hasWildcard else { return nil }
        return filter.description.split(separator: "/", omittingEmptySubsequences: false).map {
            $0 == "+" || $0 == "#" ? $0 : "x"
        }
    }
}
