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

    /// Makes an event source.
    package init(topic: TopicFilter, kind: Kind) {
        self.topic = topic
        self.kind = kind
    }
}
