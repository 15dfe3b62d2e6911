import Foundation
import TestSupport
import Testing

/// What waits for the cloud, seen from the command line.
@Suite(.timeLimit(.minutes(1))) struct SpoolCommandTests {
    private let workspace: Workspace

    init() throws {
        workspace = try Workspace()
    }

    private struct Waiting: Decodable, Equatable {
        let number: Int
        let topic: String
        let source: String
        let qos: Int
        let priority: Int
        let ttl: Int?
        let drop: String
        let keep: String?
        let isSent: Bool
        let payloadBytes: Int
        let payload: String?
        let payloadBase64: String?
    }

    /// A daemon that reaches no cloud.
    private func startDaemon(_ spooler: String) async throws -> Program {
        try await workspace.startDaemon(
            mqtt: #"{"endpoint": "127.0.0.1", "port": 1, "spooler": \#(spooler)}"#
        )
    }

    private func end(_ daemon: Program) async throws {
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0, "\(daemon.lines)")
    }

    /// Lets `actor` publish the numbers from 0 on.
    private func publish(_ topic: String, count: Int) async throws {
        let event: [String: any Sendable] = ["do": "publish", "topic": topic, "count": count]
        #expect(try await workspace.invoke("actor", event).answer.Payload?.ok == "published")
    }

    private func decoded<Value: Decodable>(_ lines: [String]) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(lines.joined(separator: "\n").utf8))
    }

    @Test(
        "messages that wait are listed, shown, exported and purged",
        arguments: [#"{"storageType": "Disk"}"#, "{}"]
    )
    func commands(spooler: String) async throws {
        try workspace.addFunction("actor")
        try workspace.writeSubscriptions([("actor", "#", "cloud")])
        let daemon = try await startDaemon(spooler)
        #expect(try await workspace.trellis("spool", "list").lines == ["no messages wait"])
        let none = try await workspace.trellis("spool", "peek")
        #expect(none.status == 1 && none.lines.last?.contains("no message waits") == true, "\(none.lines)")
        try await publish("other", count: 84)
        try await publish("few", count: 21)

        let list = try await workspace.trellis("spool", "list").lines
        #expect(list.count == 105)
        #expect(
            list[88].hasPrefix("89  ") && list[88].hasSuffix("actor:1 few, 1 bytes, QoS 1"),
            "\(list[88])"
        )
        #expect(try await workspace.trellis("spool", "list", "--topic", "few/#").lines.count == 21)
        let all: [Waiting] = try decoded(try await workspace.trellis("spool", "list", "--json").lines)
        #expect(all.map(\.number) == Array(1...105))
        #expect(
            all[104]
                == Waiting(
                    number: 105,
                    topic: "few",
                    source: "\(Workspace.account)actor:1",
                    qos: 1,
                    priority: 4,
                    ttl: nil,
                    drop: "refuse",
                    keep: nil,
                    isSent: false,
                    payloadBytes: 2,
                    payload: nil,
                    payloadBase64: nil
                )
        )
        let next: Waiting = try decoded(try await workspace.trellis("spool", "peek", "--json").lines)
        #expect(next.number == 1 && next.payload == "0")
        #expect(try await workspace.trellis("spool", "peek", "77").lines.contains("76"))
        let exported = try await workspace.trellis("spool", "export", "-t", "few").lines.map { line in
            try decoded([line]) as Waiting
        }
        #expect(exported.map(\.payload) == (0..<21).map { "\($0)" })

        #expect(try await workspace.trellis("spool", "purge", "1", "2").lines == ["purged: 2 of 2"])
        let again = try await workspace.trellis("spool", "purge", "1", "3")
        #expect(again.lines == ["purged: 1 of 2"] && again.status == 1)
        #expect(try await workspace.trellis("spool", "purge", "-t", "few").lines == ["purged: 21"])
        #expect(try await workspace.status().spool?.messages == 81)
        #expect(try await workspace.trellis("spool", "purge", "--all").lines == ["purged: 81"])
        #expect(try await workspace.trellis("spool", "list").lines == ["no messages wait"])
        #expect(try await workspace.trellis("deadletter", "list").lines == ["no dead letters"])
        try await end(daemon)
    }

    @Test("rows say how messages wait, also after the file was edited")
    func policies() async throws {
        try workspace.addFunction("actor")
        try workspace.writeSubscriptions([("actor", "a", "cloud")])
        let daemon = try await startDaemon(#"{"storageType": "Disk"}"#)
        try await publish("a", count: 2)
        let table = try workspace.text("subscriptions.json")
        let spool = #""spool": {"ttl": 600, "priority": 8, "drop": "oldest", "keep": "latest"}"#
        try workspace.write(
            table.replacingOccurrences(of: #""id":"#, with: "\(spool), \"id\":"),
            to: "subscriptions.json"
        )
        try await daemon.line(with: "(spool: ttl 600, priority 8, drop oldest, keep latest)")
        try await publish("a", count: 3)
        let all: [Waiting] = try decoded(try await workspace.trellis("spool", "list", "--json").lines)
        #expect(all.map(\.priority) == [4, 4, 8])
        #expect(all[2].ttl == 600 && all[2].drop == "oldest" && all[2].keep == "latest")
        let next: Waiting = try decoded(try await workspace.trellis("spool", "peek", "--json").lines)
        #expect(next.number == 3 && next.payload == "2")
        try await end(daemon)
    }

    @Test(
        "what the commands can't be asked is told, without a daemon",
        arguments: [
            (["purge"], "give numbers, or --topic, or --all"),
            (["purge", "1", "--all"], "give numbers, or --topic, or --all"),
            (["list", "--topic", "a/#/b"], "#"),
        ]
    )
    func usage(arguments: [String], text: String) async throws {
        let program = try Program(Workspace.trellis, ["spool"] + arguments)
        #expect(try await program.end() == 64)
        #expect(program.lines.contains { $0.contains(text) }, "\(program.lines)")
    }

    @Test("what waits for a broker beside the cloud is shown and purged by its name")
    func link() async throws {
        try workspace.write(
            """
            {"root": "root", "mqtt": {"endpoint": "none"},
             "mqttEndpoints": {"Near": {"endpoint": "127.0.0.1", "port": 1}},
             "mqttTopicMapping": {"out": {"topic": "#", "source": "Pubsub", "target": "Near"}}}
            """,
            to: "trellis.json"
        )
        let daemon = try await workspace.run()
        #expect(try await workspace.trellis("pubsub", "pub", "-t", "a", "-m", "hello").status == 0)
        #expect(try await workspace.status().links.first?.spool?.messages == 1)
        let status = try await workspace.trellis("status").lines
        #expect(status.contains("            1 messages wait, 5 of 2621440 bytes, in memory"), "\(status)")
        #expect(try await workspace.trellis("spool", "list", "--link", "Near").lines.count == 1)
        #expect(try await workspace.trellis("spool", "peek", "--link", "Near").lines.last == "hello")
        let next: Waiting = try decoded(
            try await workspace.trellis("spool", "export", "--link", "Near").lines
        )
        #expect(next.payload == "hello")
        let unknown = try await workspace.trellis("spool", "list", "--link", "Far")
        #expect(unknown.status == 1 && unknown.lines.last?.contains("there is: Near") == true, "\(unknown)")
        #expect(
            try await workspace.trellis("spool", "purge", "--all", "--link", "Near").lines == ["purged: 1"]
        )
        #expect(try await workspace.status().links.first?.spool?.messages == 0)
        try await end(daemon)
    }

    @Test("without a cloud nothing waits for it")
    func noCloud() async throws {
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        for arguments in [["list"], ["peek"], ["purge", "--all"], ["export"]] {
            let program = try Program(
                Workspace.trellis,
                ["spool"] + arguments + ["--root", workspace.root]
            )
            #expect(try await program.end() == 1)
            #expect(program.lines.contains { $0.contains("the cloud is switched off") }, "\(program.lines)")
        }
        #expect(try await workspace.status().spool == nil)
        try await end(daemon)
    }
}
