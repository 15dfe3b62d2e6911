import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CommandLineTests {
    @Test("check names the file, the place and what is allowed, and exits 1")
    func check() async throws {
        let workspace = try Workspace()
        try workspace.write(
            """
            {"subscriptions": {"a": {"id": "a", "source": "cloud", "subject": "a/#/b", "target": "cloud"},
             "b": {"id": "x", "source": "nonsense", "subject": "b", "target": "component:nobody"}}}
            """,
            to: "subscriptions.json"
        )
        let program = try Program(Workspace.trellis, ["check", "\(workspace.folder)/subscriptions.json"])
        #expect(try await program.end() == 1)
        let errors = program.lines.filter { $0.contains(": error: ") }
        #expect(errors.count == 3, "\(program.lines)")
        #expect(errors[0].contains("subscriptions.json:1:"))
        #expect(errors[0].contains("a/#/b"))
        #expect(errors.dropFirst().allSatisfy { $0.contains("subscriptions.json:2:") })
    }

    @Test("a command without a daemon says how to start one, and exits 1")
    func noDaemon() async throws {
        let workspace = try Workspace()
        let (status, lines) = try await workspace.trellis("status")
        #expect(status == 1)
        #expect(lines.last?.contains("trellis run --root \(workspace.root)") == true, "\(lines)")
    }

    @Test("on a terminal, a log's control characters are shown, and line ends, tabs and letters pass")
    func logOnTerminal() async throws {
        let workspace = try Workspace()
        try FileManager.default.createDirectory(
            atPath: "\(workspace.root)/logs",
            withIntermediateDirectories: true
        )
        let log = "\(workspace.root)/logs/steer.log"
        try "title \u{1B}]0;x\u{7} \u{9B}2J °\tend\n".write(toFile: log, atomically: true, encoding: .utf8)
        let command = "\(Workspace.trellis) logs get -n steer --root \(workspace.root)"
        let terminal = try Program("/usr/bin/script", ["-qec", command, "/dev/null"])
        #expect(try await terminal.end() == 0)
        let line = terminal.lines.first?.trimmingCharacters(in: .newlines)
        #expect(line == #"title \u{1b}]0;x\u{7} \u{9b}2J °"# + "\tend")
        let pipe = try await workspace.trellis("logs", "get", "-n", "steer")
        #expect(pipe.lines.first?.contains("\u{1B}]0;x\u{7}") == true)
    }

    @Test("usage errors exit 64")
    func usage() async throws {
        let program = try Program(Workspace.trellis, ["lambda", "invoke"])
        #expect(try await program.end() == 64)
    }

    @Test("iotcore pub and sub pass a message through the cloud, and the session ends with its command")
    func iotcore() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon()
        let session = try Program(
            Workspace.trellis,
            ["iotcore", "sub", "-t", "room/+", "--root", workspace.root]
        )
        try await session.line(with: "Successfully subscribed to topic: room/+")
        #expect(
            try await workspace.trellis("iotcore", "pub", "-t", "room/1", "-m", "21 °C", "-q", "1").status
                == 0
        )
        try await session.line(with: "21 °C")
        session.signal(SIGTERM)
        _ = try await session.end()
        for (topic, message) in [("room/+", "wildcard"), ("", "empty")] {
            let (status, lines) = try await workspace.trellis("iotcore", "pub", "-t", topic, "-m", message)
            #expect(status == 1, "\(lines)")
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("a message is the content of a regular file of at most 6 MiB, or the text itself")
    func messageOfFile() async throws {
        let workspace = try Workspace()
        try workspace.write("from a file", to: "message")
        try workspace.write(String(repeating: "x", count: 6 * 1024 * 1024 + 1), to: "large")
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let session = try Program(Workspace.trellis, ["pubsub", "sub", "-t", "a", "--root", workspace.root])
        try await session.line(with: "Successfully subscribed to topic: a")
        for (message, received) in [
            ("\(workspace.folder)/message", "from a file"), (workspace.folder, workspace.folder),
            ("/dev/zero", "/dev/zero"),
        ] {
            let (status, lines) = try await workspace.trellis("pubsub", "pub", "-t", "a", "-m", message)
            #expect(status == 0, "\(lines)")
            try await session.line(with: received)
        }
        let (status, lines) = try await workspace.trellis(
            "pubsub",
            "pub",
            "-t",
            "a",
            "-m",
            "\(workspace.folder)/large"
        )
        #expect(status == 1)
        #expect(lines.last?.contains("has 6291457 bytes; at most 6291456 are taken") == true, "\(lines)")
        session.signal(SIGTERM)
        _ = try await session.end()
        withExtendedLifetime(daemon) {}
    }

    @Test("without a cloud, its commands say so, and the rest works")
    func cloudOff() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor")
        try workspace.writeSubscriptions([("actor", "a", "cloud")])
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let (status, lines) = try await workspace.trellis("iotcore", "pub", "-t", "a", "-m", "b")
        #expect(status == 1)
        #expect(lines.last?.contains("switched off") == true)
        #expect(
            try await workspace.invoke("actor", ["do": "publish", "topic": "a"]).answer.Payload?.ok
                == "published"
        )
        try await daemon.line(with: "the cloud is switched off")
    }
}
