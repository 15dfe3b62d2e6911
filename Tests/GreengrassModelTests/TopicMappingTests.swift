import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("Topic mappings")
struct TopicMappingTests {
    private func configuration(_ text: String) -> Outcome<TrellisConfiguration> {
        read(text, as: "trellis.json") { document in
            var configuration = TrellisConfiguration(root: "/root")
            configuration.read(document, folder: "/etc/trellis")
            return configuration
        }
    }

    @Test("endpoints and mappings are read as the originals' bridge has them")
    func everything() throws {
        let outcome = configuration(
            """
            {"mqttEndpoints": {"LocalMqtt": {"endpoint": "10.0.0.5", "port": 1884}},
             "mqttTopicMapping": {
              "up": {"topic": "sensors/+/data", "source": "LocalMqtt", "target": "IotCore",
                     "targetTopicPrefix": "site1/"},
              "down": {"topic": "commands/#", "source": "IotCore", "target": "Pubsub"}}}
            """
        )
        #expect(outcome.lines == [])
        let value = try #require(outcome.value)
        #expect(value.endpoints.map(\.name) == ["LocalMqtt"])
        #expect(value.endpoints[0].settings.endpoint == .host("10.0.0.5"))
        #expect(value.endpoints[0].settings.port == 1884)
        let (up, down) = (value.topicMappings[0], value.topicMappings[1])
        #expect((up.id, up.source, up.target) == ("up", .endpoint("LocalMqtt"), .iotCore))
        #expect(up.topic == (try TopicFilter("sensors/+/data")))
        #expect(up.arrivingTopics == (try TopicFilter("site1/sensors/+/data")))
        #expect((down.source, down.target, down.targetTopicPrefix) == (.iotCore, .pubsub, ""))
    }

    @Test(
        "what can't be is told at its place",
        arguments: [
            (#""mqttEndpoints": {"Pubsub": {"endpoint": "a"}}"#, "neither Pubsub nor IotCore"),
            (#""mqttEndpoints": {"a b": {"endpoint": "a"}}"#, "letters, digits, - and _"),
            (#""mqttEndpoints": {"L": {}}"#, "needs an \"endpoint\""),
            (#""mqttEndpoints": {"L": {"endpoint": "none"}}"#, "needs an \"endpoint\""),
            (#""mqttEndpoints": []"#, "allowed is an object"),
            (#""mqttTopicMapping": {"m": {}}"#, "found an empty object; the key \"topic\" is required"),
            (
                #""mqttTopicMapping": {"m": {"topic": "a", "source": "LocalMqtt", "target": "IotCore"}}"#,
                #"allowed is "Pubsub", "IotCore"; name another broker in mqttEndpoints"#
            ),
            (
                #""mqttTopicMapping": {"m": {"topic": "a", "source": "IotCore", "target": "IotCore"}}"#,
                #"found twice "IotCore""#
            ),
            (#""mqttTopicMapping": {"m": {"topic": "a/#/b", "source": "IotCore", "target": "Pubsub"}}"#, "#"),
            (
                #"""
                "mqttTopicMapping": {"m": {"topic": "a", "source": "IotCore", "target": "Pubsub",
                 "targetTopicPrefix": "+/"}}
                """#,
                "a prefix is the beginning of a topic"
            ),
            (
                #"""
                "mqttTopicMapping": {"m": {"topic": "a", "source": "IotCore", "target": "Pubsub",
                 "targetTopicPrefix": 1}}
                """#,
                "allowed is a string"
            ),
        ]
    )
    func wrong(text: String, expected: String) {
        let outcome = configuration("{\(text)}")
        #expect(outcome.lines.contains { $0.contains(expected) }, "\(outcome.lines)")
    }

    @Test("mappings that lead back are told, and with a prefix only if the prefix leads back")
    func loops() throws {
        func warnings(up: String, down: String, prefix: String) -> [String] {
            configuration(
                """
                {"mqttTopicMapping": {
                  "up": {"topic": "\(up)", "source": "Pubsub", "target": "IotCore",
                         "targetTopicPrefix": "\(prefix)"},
                  "down": {"topic": "\(down)", "source": "IotCore", "target": "Pubsub"}}}
                """
            ).lines
        }
        #expect(warnings(up: "a/#", down: "+/b", prefix: "").count == 1)
        #expect(warnings(up: "a/#", down: "+/b", prefix: "site/") == [])
        #expect(warnings(up: "#", down: "site/#", prefix: "site/").count == 1)
        #expect(warnings(up: "a", down: "b", prefix: "") == [])
    }
}
