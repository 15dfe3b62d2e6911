import TestSupport
import Testing

/// Mappings of topics, between two daemons: one's embedded broker is the other's local one.
@Suite(.timeLimit(.minutes(1)))
struct TopicMappingTests {
    @Test(
        "topics go from a broker to the components and back, to the cloud with a prefix, and `status` tells"
    )
    func mappings() async throws {
        let near = try Workspace()
        let nearDaemon = try await near.startDaemon()
        let port = try await near.status().mqtt.port
        let workspace = try Workspace()
        try workspace.write(
            """
            {"root": "root", "mqttEndpoints": {"LocalMqtt": {"endpoint": "127.0.0.1", "port": \(port)}},
             "mqttTopicMapping": {
              "in": {"topic": "in/#", "source": "LocalMqtt", "target": "Pubsub",
                     "targetTopicPrefix": "near/"},
              "up": {"topic": "up/+", "source": "LocalMqtt", "target": "IotCore",
                     "targetTopicPrefix": "site/"},
              "out": {"topic": "out/#", "source": "Pubsub", "target": "LocalMqtt"}}}
            """,
            to: "trellis.json"
        )
        let daemon = try await workspace.run()
        let components = try Program(
            Workspace.trellis,
            ["pubsub", "sub", "-t", "near/in/+", "--root", workspace.root]
        )
        try await components.line(with: "Successfully subscribed")
        let cloud = try await workspace.listen("#")
        let local = try await near.listen("out/#")
        var links = try await workspace.status().links
        while links.first?.state != "connected" {
            links = try await workspace.status().links
        }
        #expect(links.map(\.name) == ["LocalMqtt"])
        for topic in ["in/a", "up/b"] {
            #expect(try await near.trellis("iotcore", "pub", "-t", topic, "-m", "hello").status == 0)
        }
        #expect(try await workspace.trellis("pubsub", "pub", "-t", "out/c", "-m", "hello").status == 0)
        try await components.line(with: "hello")
        _ = try await cloud.lines { $0 == "got site/up/b hello" }
        _ = try await local.lines { $0 == "got out/c hello" }
        for program in [daemon, nearDaemon] {
            program.signal(15)
            #expect(try await program.end() == 0)
        }
    }
}
