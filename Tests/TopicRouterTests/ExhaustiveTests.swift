import CMosquitto
import Testing
import TopicRouter

/// Everything that small alphabets allow, against oracles.
@Suite("Every small filter and topic")
struct ExhaustiveTests {
    static let topics = SmallTopics.topics(letters: ["a", "b"], levelCountMax: 4)
    static let filters = SmallTopics.filters(letters: ["a", "b"], levelCountMax: 4)

    @Test("filters match what the oracle says, one by one and in the index")
    func matching() throws {
        let bus = BusID(rawValue: 3)
        let index = TopicIndex()
        let filters = try Self.filters.map { try TopicFilter($0) }
        index.apply(
            filters.enumerated().map { .subscribe(SubscriberID(rawValue: UInt32($0)), to: $1, on: bus) }
        )
        let levels = Self.filters.map(TopicOracle.levels)
        var reader = index.makeReader()
        reader.pin()
        for text in Self.topics {
            let topic = try TopicName(text)
            let topicLevels = TopicOracle.levels(text)
            let expected = levels.indices.filter {
                TopicOracle.matches(filter: levels[$0], topic: topicLevels)
            }
            #expect(filters.indices.filter { filters[$0].matches(topic) } == expected, "\(text)")
            let found = reader.subscribers(bus: bus, topic: topic).map { Int($0.rawValue) }
            #expect(found.sorted() == expected, "\(text)")
        }
        reader.unpin()
    }

    @Test("filters match what libmosquitto says")
    func mosquitto() throws {
        for text in Self.filters {
            let filter = try TopicFilter(text)
            for topic in Self.topics {
                var isMatch = false
                let code = mosquitto_topic_matches_sub(text, topic, &isMatch)
                try #require(code == MOSQ_ERR_SUCCESS.rawValue)
                #expect(filter.matches(try TopicName(topic)) == isMatch, "\(text) \(topic)")
            }
        }
    }

    @Test("filters are valid where libmosquitto says so")
    func validity() {
        let levels = ["", "a", "+", "#", "a+", "#a"]
        for text in SmallTopics.texts(first: levels, others: levels, levelCountMax: 3) {
            let isValid = mosquitto_sub_topic_check(text) == MOSQ_ERR_SUCCESS.rawValue
            #expect(((try? TopicFilter(text)) != nil) == isValid, "\(text)")
            let isName = mosquitto_pub_topic_check(text) == MOSQ_ERR_SUCCESS.rawValue
            #expect(((try? TopicName(text)) != nil) == isName, "\(text)")
        }
    }

    @Test("filters cover and overlap each other as the topics that they match say")
    func relations() throws {
        // Topics have a letter and two levels that no filter names, so that what a wildcard adds is seen.
        let topics = SmallTopics.topics(letters: ["a", "x"], levelCountMax: 5).map(TopicOracle.levels)
        let filters = try SmallTopics.filters(letters: ["a"], levelCountMax: 3).map { try TopicFilter($0) }
        let matched = filters.map { filter in
            let levels = TopicOracle.levels(filter.description)
            return Set(topics.indices.filter { TopicOracle.matches(filter: levels, topic: topics[$0]) })
        }
        for (filter, topics) in zip(filters, matched) {
            for (other, otherTopics) in zip(filters, matched) {
                #expect(filter.covers(other) == otherTopics.isSubset(of: topics), "\(filter) \(other)")
                #expect(filter.overlaps(other) == !otherTopics.isDisjoint(with: topics), "\(filter) \(other)")
            }
        }
    }
}
