import ExplanationCases
import Foundation
import TestSupport
import Testing

/// What `explain --json` writes, as far as tests look at it.
private struct Explanation: Decodable, Equatable {
    struct Entry: Decodable, Equatable {
        struct Row: Decodable, Equatable {
            let id: String
        }

        struct EventSource: Decodable, Equatable {
            let component: String
            let type: String
        }

        let row: Row?
        let eventSource: EventSource?

        var key: String {
            row?.id ?? eventSource.map { "\($0.type) \($0.component)" } ?? ""
        }
    }

    struct Match: Decodable, Equatable {
        let entry: Entry
        let takes: Bool
        let problem: String?
        let fix: String?
    }

    struct Miss: Decodable, Equatable {
        let entry: Entry
        let reason: String
        let fix: String
    }

    let basis: String
    let outcome: String
    let matches: [Match]
    let nearest: [Miss]
    let error: String?

    /// Whether it says what the case does.
    func says(_ answer: ExplanationCase.Answer) -> Bool {
        outcome == answer.outcome && matches.map(\.entry.key) == answer.matches
            && matches.first { !$0.takes }?.problem == answer.problem
            && nearest.map(\.entry.key) == answer.nearest && nearest.first?.reason == answer.reason
            && nearest.first?.fix == answer.nearestFix
    }
}

@Suite(.timeLimit(.minutes(1))) struct ExplainTests {
    private static let questions = ExplanationCase.all.filter(\.isUsual)

    private func explanation(_ lines: [String]) throws -> Explanation {
        try JSONDecoder().decode(Explanation.self, from: Data(lines.joined(separator: "\n").utf8))
    }

    @Test("a daemon and the files give the same answers to more than twenty questions")
    func cases() async throws {
        #expect(Self.questions.count >= 20)
        let workspace = try Workspace()
        for (path, text) in Self.questions[0].files where path != "trellis.json" {
            try workspace.write(text, to: path)
            if path.hasSuffix("component.json") {
                let folder = path.dropLast("component.json".count)
                try workspace.write("def handler(event, context):\n    pass\n", to: "\(folder)app.py")
            }
        }
        try workspace.write(
            #"{"root": "root", "components": ["sensor-1/component.json", "siren-1/component.json"]}"#,
            to: "trellis.json"
        )
        try workspace.write(#"{"subscriptions": {}}"#, to: "subscriptions.json")
        let configuration = "\(workspace.folder)/trellis.json"
        let daemon = try Program(
            Workspace.trellis,
            ["run", "--config", configuration, "--log-level", "info"]
        )
        for name in ["sensor", "siren"] {
            try await daemon.line(with: "com.example.\(name): is ready")
        }
        _ = try await workspace.cloudIsConnected()
        var readCount = 0
        for example in Self.questions {
            // An empty table between two others: a table that says the same is not read as a new one.
            if !example.rows.isEmpty {
                try workspace.write(example.files["subscriptions.json"] ?? "", to: "subscriptions.json")
                readCount += 1
                _ = try await daemon.lines(readCount) { $0.contains("was read again") }
            }
            let question = ["explain", "-s", example.source, "-t", example.topic, "--json"]
            let live = try Program(Workspace.trellis, question + ["--root", workspace.root])
            let offline = try Program(Workspace.trellis, question + ["--config", configuration])
            let isGood = ["delivered", "nobodyListens"].contains(example.answer.outcome)
            #expect(try await live.end() == (isGood ? 0 : 1), "\(live.lines)")
            _ = try await offline.end()
            let answers = (try explanation(live.lines), try explanation(offline.lines))
            #expect(answers.0.says(example.answer), "\(example.name): \(answers.0)")
            #expect(answers.1.says(example.answer), "\(example.name): \(answers.1)")
            #expect(answers.0.basis == "daemon")
            #expect(answers.1.basis == "files")
            if !example.rows.isEmpty {
                try workspace.write(#"{"subscriptions": {}}"#, to: "subscriptions.json")
                readCount += 1
                _ = try await daemon.lines(readCount) { $0.contains("was read again") }
            }
        }
    }

    @Test("a daemon knows what is stopped, BROKEN or full, and that the link is down")
    func live() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor")
        try workspace.addFunction(
            "target",
            code: "import signal\ndef handler(event, context):\n    signal.pause()\n",
            parameters: ["maxQueueSize": 1, "timeoutInSeconds": 60]
        )
        try workspace.addFunction("bad", code: "import nothing_of_that_name\n", parameters: ["pinned": false])
        try workspace.writeSubscriptions([
            ("actor", "target", "target"), ("actor", "bad", "bad"), ("actor", "up", "cloud"),
        ])
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "127.0.0.1", "port": 1}"#)
        func problem(_ topic: String) async throws -> String {
            let (_, lines) = try await workspace.trellis("explain", "-s", "actor", "-t", topic)
            return lines.joined(separator: "\n")
        }
        #expect(try await problem("target").contains("✓ delivered"))
        #expect(try await problem("up").contains("the link to the cloud is down"))
        // One is served, one waits, and a third one is kept dead.
        let publish: [String: any Sendable] = [
            "do": "publish", "topic": "target", "payload": "1", "count": 3,
        ]
        _ = try await workspace.invoke("actor", publish)
        #expect(try await problem("target").contains("its queue is full (maxQueueSize 1)"))
        let stop = ["component", "stop", "-n", "target", "--root", workspace.root]
        let patient = try Program(Workspace.trellis, stop)
        try await daemon.line(with: "target: instance 1 ends when it has answered")
        // The second one does not wait for the handler.
        #expect(try await workspace.trellis("component", "stop", "-n", "target").status == 0)
        #expect(try await patient.end() == 0)
        #expect(try await problem("target").contains("trellis component restart -n target"))
        _ = try await workspace.invoke("bad", [:])
        try await daemon.line(with: "BROKEN until")
        #expect(try await problem("bad").contains("is BROKEN, its start has failed too often"))
    }

    @Test("without a daemon the files are read, and bad questions are told")
    func offline() async throws {
        let workspace = try Workspace()
        let example = Self.questions[0]
        for (path, text) in example.files {
            try workspace.write(text, to: path)
        }
        let configuration = "\(workspace.folder)/trellis.json"
        for (arguments, words) in [
            (["-s", "sensor", "-t", "room/+"], "wildcard"), (["-s", "sensors", "-t", "a"], "did you mean"),
            (["-s", "arn:aws:lambda:nowhere", "-t", "a"], "function ARN"),
        ] {
            let program = try Program(Workspace.trellis, ["explain", "--config", configuration] + arguments)
            #expect(try await program.end() == 1)
            #expect(program.lines.joined().contains(words), "\(program.lines)")
        }
        let program = try Program(
            Workspace.trellis,
            ["explain", "-s", "sensor", "-t", example.topic, "--root", workspace.root, "--offline"]
                + ["--config", configuration]
        )
        #expect(try await program.end() == 0)
        #expect(program.lines.contains { $0.hasPrefix("basis    files") }, "\(program.lines)")
    }
}
