import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RoutingTests {
    private func publish(
        _ workspace: Workspace,
        _ topic: String,
        _ payload: String = "p"
    ) async throws -> String {
        let answer = try await workspace.invoke(
            "sender",
            ["do": "publish", "topic": topic, "payload": payload]
        ).answer
        return try #require(answer.Payload?.ok ?? answer.Payload?.error)
    }

    @Test("rows route by source, version and filter, and what no row matches is the no-subscription error")
    func rows() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("sender")
        try workspace.addFunction("receiver")
        let account = Workspace.account
        try workspace.writeSubscriptions([
            ("sender", "exact/topic", "cloud"), ("component:sender", "by/name", "cloud"),
            ("sender", "plus/+/end", "cloud"), ("sender", "hash/#", "cloud"),
            ("sender", "to/receiver", "receiver"),
            ("sender", "to/name", "component:receiver"), ("sender", "to/nobody", "\(account)nobody:1"),
            ("\(account)sender:2", "other/version", "cloud"), ("receiver", "other/source", "cloud"),
        ])
        let daemon = try await workspace.startDaemon()
        let cloud = try await workspace.listen("#")
        let refused = "Failed to invoke function due to HTTP Error 400: Bad Request"
        for topic in [
            "exact/topic", "by/name", "plus/x/end", "hash", "hash/x/y", "to/receiver", "to/name", "to/nobody",
        ] {
            #expect(try await publish(workspace, topic) == "published", "\(topic)")
        }
        for topic in [
            "other/version", "other/source", "exact", "exact/topic/more", "plus/end", "plus/x/y/end", "has",
        ] {
            #expect(try await publish(workspace, topic) == refused, "\(topic)")
        }
        let arrived = try await cloud.lines(5) { $0.hasPrefix("got ") }
        #expect(
            arrived == ["exact/topic", "by/name", "plus/x/end", "hash", "hash/x/y"].map { "got \($0) p" }
        )
        try await daemon.line(with: "version 1 ≠ 2")
        let log = try workspace.follow("receiver")
        try await log.line(with: "Unable to unmarshal input")
    }

    @Test("two hundred messages from the cloud run in order in one process, each once")
    func inOrder() async throws {
        let workspace = try Workspace()
        try workspace.addFunction(
            "sink",
            parameters: ["eventSources": [["topic": "numbers/+", "type": "IOT_CORE"]]]
        )
        let daemon = try await workspace.startDaemon()
        try await daemon.line(with: "cloud")
        let log = try workspace.follow("sink")
        let numbers = (1...200).map { "\($0)" }
        try await workspace.send(numbers, to: "numbers/n")
        let lines = try await log.lines(200) { $0.contains("GOT numbers/n") }
        let words = lines.map { $0.split(separator: " ") }
        #expect(words.compactMap { $0.firstIndex(of: "GOT").map { $0 + 2 } }.count == 200)
        let received = words.compactMap { line in line.firstIndex(of: "GOT").map { String(line[$0 + 2]) } }
        #expect(received == numbers)
        #expect(Set(words.compactMap { $0.first { $0.hasPrefix("pid=") } }).count == 1)
    }

    @Test("a function that answers the topic it listens to ends at the hop limit")
    func loop() async throws {
        let workspace = try Workspace()
        let code = """
            import greengrasssdk
            client = greengrasssdk.client('iot-data')

            def handler(event, context):
                print('TURN')
                client.publish(topic='round', payload='{}')
            """
        try workspace.addFunction("looper", code: code)
        try workspace.writeSubscriptions([("looper", "round", "looper")])
        let daemon = try await workspace.startDaemon()
        let log = try workspace.follow("looper")
        _ = try await workspace.trellis("lambda", "invoke", "-n", "looper")
        try await daemon.line(with: "passed through more than 16 functions")
        #expect(try await log.lines(17) { $0.contains("looper: TURN") }.count == 17)
        #expect(
            daemon.lines.contains { $0.contains("looper") && $0.contains("warning") },
            "the file check warns of it"
        )
    }
}
