package import TopicRouter

/// Topics whose messages invoke a function.
package struct EventSource: Hashable, Sendable {
    /// Which bus the topics are of.
    package enum Kind: Hashable, Sendable {
        /// `PUB_SUB`: the local bus.
        case pubSub
        /// `IOT_CORE`: what comes down from the cloud.
        case iotCore
    }

    /// The topics.
    package var topic: TopicFilter
    /// Which bus they are of.
    package var kind: Kind
    /// The group whose members share the messages, each of which goes to one of them; `nil` when this
    /// function gets all.
    package var shareGroup: String?

    /// Makes an event source.
    package init(topic: TopicFilter, kind: Kind, shareGroup: String? = nil) {
        self.topic = topic
        self.kind = kind
        self.shareGroup = shareGroup
    }

    /// The topics as the file has them: those of a group as `$share/GROUP/FILTER` (MQTT 5, 4.8.2).
    package var givenTopic: String {
        shareGroup.map { "$share/\($0)/\(topic)" } ?? topic.description
    }
}
