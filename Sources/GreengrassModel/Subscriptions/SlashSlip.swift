import TopicRouter

/// A topic and a filter that differ in nothing but a `/` at one end, and the empty level that it makes.
struct SlashSlip {
    let reason: String
    /// The filter, with its end like the topic's.
    let fittingFilter: TopicFilter
    /// The topic, with its end like the filter's.
    let fittingTopic: TopicName

    /// `nil` when something else is in the way.
    init?(_ filter: TopicFilter, _ topic: TopicName) {
        let slash = UInt8(ascii: "/")
        let (filterBytes, topicBytes) = (filter.utf8, topic.utf8)
        let starts = (filter: filterBytes.first == slash, topic: topicBytes.first == slash)
        let ends = (filter: filterBytes.last == slash, topic: topicBytes.last == slash)
        var attempts: [(reason: String, filter: [UInt8], topic: [UInt8])] = []
        if starts.topic, !starts.filter {
            let reason = #"the topic begins with "/", and the filter does not"#
            attempts.append((reason, [slash] + filterBytes, Array(topicBytes.dropFirst())))
        }
        if starts.filter, !starts.topic {
            let reason = #"the filter begins with "/", and the topic does not"#
            attempts.append((reason, Array(filterBytes.dropFirst()), [slash] + topicBytes))
        }
        if ends.topic, !ends.filter {
            let reason = #"the topic ends with "/", and the filter does not"#
            attempts.append((reason, filterBytes + [slash], Array(topicBytes.dropLast())))
        }
        if ends.filter, !ends.topic {
            let reason = #"the filter ends with "/", and the topic does not"#
            attempts.append((reason, Array(filterBytes.dropLast()), topicBytes + [slash]))
        }
        for attempt in attempts {
            guard let fittingFilter = try? TopicFilter(utf8: attempt.filter), fittingFilter.matches(topic),
                let fittingTopic = try? TopicName(utf8: attempt.topic), filter.matches(fittingTopic)
            else { continue }
            reason = attempt.reason
            self.fittingFilter = fittingFilter
            self.fittingTopic = fittingTopic
            return
        }
        return nil
    }
}
