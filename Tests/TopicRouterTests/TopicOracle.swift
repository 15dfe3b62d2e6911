/// MQTT 4.7 as directly as it can be said, for the tests to compare with.
enum TopicOracle {
    static func levels(_ text: String) -> ArraySlice<Substring> {
        text.split(separator: "/", omittingEmptySubsequences: false)[...]
    }

    static func matches(filter: String, topic: String) -> Bool {
        matches(filter: levels(filter), topic: levels(topic))
    }

    static func matches(filter: ArraySlice<Substring>, topic: ArraySlice<Substring>) -> Bool {
        let hidesWildcards = topic.first?.first == "$"
        if hidesWildcards, filter.first == "+" || filter.first == "#" { return false }
        return tailMatches(filter: filter, topic: topic)
    }

    private static func tailMatches(filter: ArraySlice<Substring>, topic: ArraySlice<Substring>) -> Bool {
        guard let wanted = filter.first else { return topic.isEmpty }
        if wanted == "#" { return true }
        guard let level = topic.first, wanted == "+" || wanted == level else { return false }
        return tailMatches(filter: filter.dropFirst(), topic: topic.dropFirst())
    }
}
