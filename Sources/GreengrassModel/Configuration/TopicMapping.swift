package import TopicRouter

/// A way of topics from one bus to another, as the originals' MQTT bridge component has it.
package struct TopicMapping: Hashable, Sendable {
    /// Where a mapping begins or ends.
    package enum Place: Hashable, Sendable, CustomStringConvertible {
        /// The bus of the components on this machine.
        case pubsub
        /// The cloud.
        case iotCore
        /// A broker of `mqttEndpoints`, by its name.
        case endpoint(String)

        /// As the file says it.
        package init(_ name: String) {
            self =
                switch name {
                case Self.pubsub.description: .pubsub
                case Self.iotCore.description: .iotCore
                default: .endpoint(name)
                }
        }

        package var description: String {
            switch self {
            case .pubsub: "Pubsub"
            case .iotCore: "IotCore"
            case .endpoint(let name): name
            }
        }
    }

    /// The key of the mapping in its file.
    package var id: String
    /// Which topics are taken.
    package var topic: TopicFilter
    /// Where they are taken from.
    package var source: Place
    /// Where they are published.
    package var target: Place
    /// What is put before the topic there; empty by default.
    package var targetTopicPrefix = ""
    /// Where in the file it stands.
    package var place = SourcePlace(line: 1, column: 1)

    /// The topics as they arrive.
    var arrivingTopics: TopicFilter {
        (try? TopicFilter(targetTopicPrefix + topic.description)) ?? topic
    }
}

/// A broker beside the cloud, which topics are mapped from and to.
package struct NamedEndpoint: Hashable, Sendable {
    /// Its name in the file, for example `LocalMqtt`.
    package var name: String
    /// How it is reached.
    package var settings: MQTTSettings
}
