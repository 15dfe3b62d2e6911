import Foundation
import TestSupport
import Testing

/// The examples with generic components, with the commands that their READMEs give.
@Suite(.timeLimit(.minutes(1))) struct ComponentExampleTests {
    @Test("component-pubsub: one component hears the other, as far as the policies of the moment allow")
    func publishAndSubscribe() async throws {
        let workspace = try Workspace(example: "component-pubsub")
        let daemon = try await workspace.run()
        let subscriber = try workspace.follow("com.example.Subscriber")
        try await subscriber.line(with: "sensors/kitchen {'number': ")
        let reading = #"{"celsius": 31}"#
        let topic = "sensors/attic"
        #expect(try await workspace.trellis("pubsub", "pub", "-t", topic, "-m", reading).status == 0)
        try await subscriber.line(with: "\(topic) b'\(reading)'")

        let configuration = try workspace.text("trellis.json")
        try workspace.write(configuration.replacing("sensors/*", with: "meters/*"), to: "trellis.json")
        let refusal = #"resource sensors/kitchen: the nearest is "meters/*" of policy"#
        try await daemon.line(with: refusal)
        let publisher = try workspace.follow("com.example.Publisher")
        try await publisher.line(with: refusal)
        let isPublished: (String) -> Bool = { $0.contains("published") }
        let count = publisher.lines.count(where: isPublished)
        try workspace.write(configuration, to: "trellis.json")
        _ = try await publisher.lines(count + 1, where: isPublished)
    }

    @Test("lambda-meets-component: a function hears a component, and the component hears the function")
    func functionAndComponent() async throws {
        let workspace = try Workspace(example: "lambda-meets-component")
        let daemon = try await workspace.run()
        let bus = try Program(
            Workspace.trellis,
            ["pubsub", "sub", "-t", "rooms/#", "--root", workspace.root]
        )
        let room = try workspace.follow("com.example.Room")
        try await room.line(with: "the heating is on")
        _ = try await room.lines(3) { $0.contains("the heating is off") }
        try await bus.line(with: #"{"celsius": "#)
        #expect(bus.lines.contains("off") || bus.lines.contains("on"), "\(bus.lines)")
        withExtendedLifetime(daemon) {}
    }

    @Test("cloud-bridge: a local topic goes to the cloud, and one of the cloud comes, with user properties")
    func cloudBridge() async throws {
        let workspace = try Workspace(example: "cloud-bridge")
        let daemon = try await workspace.run()
        let broker = ["-h", "127.0.0.1", "-p", try await workspace.cloudPort(), "-V", "5"]
        let cloud = try Program(
            "/usr/bin/stdbuf",
            ["-oL", "mosquitto_sub"] + broker + ["-d", "-t", "site-1/sensors/#", "-F", "%t %p %P"]
        )
        try await cloud.line(with: "Subscribed")
        let bus = try Program(
            Workspace.trellis,
            ["pubsub", "sub", "-t", "commands/#", "--root", workspace.root]
        )
        try await bus.line(with: "Successfully subscribed")
        try await workspace.follow("com.example.Bridge").line(with: "subscribed")

        let reading = #"{"celsius": 21.5}"#
        let topic = "sensors/kitchen"
        #expect(try await workspace.trellis("pubsub", "pub", "-t", topic, "-m", reading).status == 0)
        try await cloud.line(with: "site-1/\(topic) \(reading) sentBy:com.example.Bridge")
        let sender = try Program(
            "/usr/bin/mosquitto_pub",
            broker + ["-t", "site-1/commands/kitchen", "-m", "warmer"]
                + ["-D", "publish", "user-property", "sentBy", "Ada"]
        )
        #expect(try await sender.end() == 0)
        try await bus.line(with: #"{"command": "warmer", "properties": {"sentBy": "Ada"}}"#)
        withExtendedLifetime(daemon) {}
    }
}
