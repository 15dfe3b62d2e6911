import Foundation
import TestSupport
import Testing

/// What passes between functions and the cloud, beyond topic and payload.
@Suite(.timeLimit(.minutes(1))) struct CloudTests {
    @Test("iotcore sub --json shows what MQTT 5 says of a message, and the retained flag")
    func properties() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon()
        let port = try await workspace.cloudPort()
        func publish(_ words: String) async throws {
            let given = "-V mqttv5 -h 127.0.0.1 -p \(port) -q 1 -t room/1 -m hello " + words
            let program = try Program("/usr/bin/mosquitto_pub", given.split(separator: " ").map(String.init))
            #expect(try await program.end() == 0)
        }
        try await publish("-r -D publish content-type text/plain")
        let session = try Program(
            Workspace.trellis,
            ["iotcore", "sub", "-t", "room/#", "--json", "--root", workspace.root]
        )
        try await session.line(with: #""retained" : true"#)
        try await session.line(with: #""contentType" : "text/plain""#)
        try await publish(
            "-D publish user-property trace 42 -D publish response-topic answers "
                + "-D publish correlation-data abc -D publish message-expiry-interval 3600"
        )
        for line in [
            #""name" : "trace""#, #""value" : "42""#, #""responseTopic" : "answers""#,
            #""correlationData" : "YWJj""#, #""expires" : "20"#,
        ] {
            try await session.line(with: line)
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("a loop over the cloud ends at the hop limit")
    func loop() async throws {
        let workspace = try Workspace()
        try workspace.addFunction(
            "looper",
            code: """
                import greengrasssdk

                client = greengrasssdk.client('iot-data')

                def handler(event, context):
                    client.publish(topic='round', payload='{}')
                """,
            parameters: ["eventSources": [["topic": "round", "type": "IOT_CORE"]]]
        )
        try workspace.writeSubscriptions([("looper", "round", "cloud")])
        let daemon = try await workspace.startDaemon()
        let cloud = try await workspace.listen("round")
        try await workspace.cloudIsConnected()
        #expect(
            try await workspace.trellis("iotcore", "pub", "-t", "round", "-m", "{}", "-q", "1").status == 0
        )
        var status = try await workspace.status()
        while status.deadLetters == 0 {
            status = try await workspace.status()
        }
        let letters = try await workspace.trellis("deadletter", "list").lines
        #expect(letters.contains { $0.contains("passed through more than 16 functions: a loop?") })
        // The message of the command line, and what sixteen invocations made of it; the next went nowhere.
        #expect(cloud.lines.filter { $0.hasPrefix("got ") }.count <= 18)
        withExtendedLifetime(daemon) {}
    }

    @Test("what the cloud never takes is refused at the publisher, and the log says why")
    func refused() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("sender")
        try workspace.writeSubscriptions([("sender", "#", "cloud")])
        let daemon = try await workspace.startDaemon()
        let deep = "a/b/c/d/e/f/g/h/i"
        let reason = "the topic has 8 slashes; AWS IoT Core takes at most 7"
        let command = try await workspace.trellis("iotcore", "pub", "-t", deep, "-m", "x", "-q", "1")
        #expect(command.status == 1)
        #expect(command.lines.contains { $0.contains("cloud does not take this message: \(reason)") })
        for topic in [deep, String(repeating: "x", count: 257)] {
            let event = ["do": "publish", "topic": topic, "payload": "x"]
            let answer = try await workspace.invoke("sender", event).answer
            #expect(answer.Payload?.error?.contains("400") == true)
        }
        try await daemon.line(with: "cloud does not take what")
        try await daemon.line(with: reason)
        try await daemon.line(with: "the topic has 257 bytes; AWS IoT Core takes at most 256")
        #expect(try await workspace.status().deadLetters == 0)
    }

    @Test("functions go on without the cloud, and status says why it is away")
    func away() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("sender")
        try workspace.addFunction("receiver")
        try workspace.writeSubscriptions([("sender", "near", "receiver"), ("sender", "far", "cloud")])
        let daemon = try await workspace.startDaemon(
            mqtt: #"{"endpoint": "no-such-host.invalid", "operationTimeoutMs": 1000}"#
        )
        try await daemon.line(with: "the host name no-such-host.invalid is not found")
        let lines = try await workspace.trellis("status").lines
        #expect(lines.contains { $0.contains("the host name no-such-host.invalid is not found") })
        for topic in ["near", "far"] {
            let answer = try await workspace.invoke(
                "sender",
                ["do": "publish", "topic": topic, "payload": "{}"]
            ).answer
            #expect(answer.Payload?.ok == "published")
        }
        let log = try workspace.follow("receiver")
        try await log.line(with: "GOT near")
    }
}
