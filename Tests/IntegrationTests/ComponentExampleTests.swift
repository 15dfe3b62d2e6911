import Foundation
import TestSupport
import Testing

/// The examples with generic components, with the commands that their READMEs give.
@Suite(.timeLimit(.minutes(1))) struct ComponentExampleTests {
    @Test("component-pubsub: one component hears another, and the policies are the file's of that moment")
    func publishAndSubscribe() async throws {
        let workspace = try Workspace(example: "component-pubsub")
        let daemon = try await workspace.run()
        let subscriber = try workspace.follow("com.example.Subscriber")
        let publisher = try workspace.follow("com.example.Publisher")
        try await subscriber.line(with: "subscribed")
        try await subscriber.line(with: "sensors/kitchen {'number': ")
        let pub = try await workspace.trellis("pubsub", "pub", "-t", "sensors/attic", "-m", #"{"celsius": 31}"#)
        #expect(pub.status == 0)
        try await subscriber.line(with: #"sensors/attic b'{"celsius": 31}'"#)

        let configuration = try workspace.text("trellis.json")
        try workspace.write(
            configuration.replacingOccurrences(of: #"["sensors/*"]"#, with: #"["meters/*"]"#),
            to: "trellis.json"
        )
        try await publisher.line(
            with: "com.example.Publisher is not authorized to perform aws.greengrass#PublishToTopic"
        )
        try workspace.write(configuration, to: "trellis.json")
        try await daemon.line(with: "never")
    }

    @Test("lambda-meets-component: a function hears a component, and the component hears the function")
    func functionAndComponent() async throws {
        let workspace = try Workspace(example: "lambda-meets-component")
        let daemon = try await workspace.run()
        let bus = try Program(Workspace.trellis, ["pubsub", "sub", "-t", "rooms/#", "--root", workspace.root])
        let room = try workspace.follow("com.example.Room")
        try await room.line(with: "°C, the heating is on")
        _ = try await room.lines(2) { $0.hasSuffix("the heating is off") }
        try await bus.line(with: "never")
        withExtendedLifetime(daemon) {}
    }

    @Test("cloud-bridge: topics go to the cloud and come from it, with their user properties")
    func cloudBridge() async throws {
        let workspace = try Workspace(example: "cloud-bridge")
        let daemon = try await workspace.run()
        let port = try await workspace.cloudPort()
        let bus = try Program(Workspace.trellis, ["pubsub", "sub", "-t", "commands/#", "--root", workspace.root])
        let cloud = try Program(
            "/usr/bin/stdbuf",
            ["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-V", "5", "-t", "site-1/sensors/#", "-d"]
                + ["-F", "%t %p %P"]
        )
        try await cloud.line(with: "Subscribed")
        try await workspace.follow("com.example.Bridge").line(with: "subscribed")
        let pub = try await workspace.trellis("pubsub", "pub", "-t", "sensors/kitchen", "-m", #"{"celsius": 21}"#)
        #expect(pub.status == 0)
        try await cloud.line(with: #"site-1/sensors/kitchen {"celsius": 21} sentBy:com.example.Bridge"#)
        let command = try Program(
            "/usr/bin/mosquitto_pub",
            ["-h", "127.0.0.1", "-p", port, "-V", "5", "-t", "site-1/commands/kitchen", "-m", "warmer"]
                + ["-D", "publish", "user-property", "sentBy", "Ada"]
        )
        #expect(try await command.end() == 0)
        try await bus.line(with: "never")
        withExtendedLifetime(daemon) {}
    }
}
