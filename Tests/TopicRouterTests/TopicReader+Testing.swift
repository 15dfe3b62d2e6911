import TopicRouter

extension TopicReader {
    /// The subscribers of all filters that match, one after the other.
    mutating func subscribers(bus: BusID, topic: TopicName) -> [SubscriberID] {
        var found: [SubscriberID] = []
        match(bus: bus, topic: topic.utf8.span) { subscribers in
            for position in subscribers.indices {
                found.append(subscribers[position])
            }
        }
        return found
    }
}
