import Foundation
import TestSupport
import Testing

/// What is still there after the daemon was ended or killed.
@Suite(.timeLimit(.minutes(1))) struct PersistenceTests {
    private let workspace: Workspace

    init() throws {
        workspace = try Workspace()
    }

    /// Says what it gets, once it may.
    private func receiver(gate: String? = nil) -> String {
        """
        def handler(event, context):
            \(gate.map { "open('\($0)').close()" } ?? "pass")
            print('GOT {}'.format(event))
        """
    }

    private func end(_ daemon: Program, by signal: Int32 = SIGTERM) async throws {
        daemon.signal(signal)
        #expect(try await daemon.end() == (signal == SIGKILL ? -SIGKILL : 0), "\(daemon.lines)")
    }

    @Test("a dead letter survives kill -9 and SIGTERM with its number, and is sent once its target is there")
    func deadLetter() async throws {
        try workspace.addFunction("actor")
        try workspace.writeSubscriptions([("actor", "late/#", "late")])
        let first = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let event: [String: any Sendable] = ["do": "publish", "topic": "late/1", "count": 2]
        #expect(try await workspace.invoke("actor", event).answer.Payload?.ok == "published")
        #expect(try await workspace.trellis("deadletter", "drop", "1").lines == ["dropped: 1 of 1"])
        let list = try await workspace.trellis("deadletter", "list").lines
        #expect(list.count == 1)
        #expect(list.first?.hasSuffix("target not deployed") == true, "\(list)")
        while try await workspace.status().store.unwrittenDeadLetters > 0 {}
        try await end(first, by: SIGKILL)

        let second = try await workspace.run()
        #expect(try await workspace.trellis("deadletter", "list").lines == list)
        let early = try await workspace.trellis("deadletter", "redrive", "2")
        #expect(early.status == 1, "\(early.lines)")
        try await end(second)

        try workspace.addFunction("late", code: receiver())
        let third = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        #expect(try await workspace.trellis("deadletter", "list").lines == list)
        #expect(try await workspace.trellis("deadletter", "redrive", "2").lines == ["sent: 1 of 1"])
        try await workspace.follow("late").line(with: "GOT 1")
        try await end(third)

        let fourth = try await workspace.run()
        #expect(try await workspace.trellis("deadletter", "list").lines == ["no dead letters"])
        try await end(fourth)
    }

    /// A daemon whose function `slow` holds the first of 50 messages, and 49 wait.
    private func busyDaemon(isPinned: Bool) async throws -> Program {
        let gate = "\(workspace.folder)/gate"
        #expect(mkfifo(gate, 0o600) == 0)
        try addSlow(isPinned: isPinned, gate: gate)
        try workspace.addFunction("actor", parameters: ["timeoutInSeconds": 50])
        try workspace.writeSubscriptions([("actor", "slow/#", "slow")])
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        try await publish(count: 50)
        while try await queueCount() != 49 {}
        return daemon
    }

    private func addSlow(isPinned: Bool, gate: String?) throws {
        try workspace.addFunction(
            "slow",
            code: receiver(gate: gate),
            parameters: ["pinned": isPinned, "maxInstancesCount": 1, "timeoutInSeconds": 600]
        )
    }

    private func publish(count: Int) async throws {
        let event: [String: any Sendable] = ["do": "publish", "topic": "slow/x", "count": count]
        #expect(try await workspace.invoke("actor", event).answer.Payload?.ok == "published")
    }

    private func queueCount() async throws -> Int? {
        try await workspace.status().components.first { $0.name == "slow" }?.queue
    }

    /// What `slow` has got when it has got `count` messages.
    private func received(_ count: Int) async throws -> [String] {
        try await workspace.follow("slow").lines(count) { $0.contains("GOT") }.map { line in
            String(line.drop { $0 != "G" }.prefix { $0 != "." }.prefix(while: { $0 != "{" }))
                .trimmingCharacters(in: .whitespaces)
        }
    }

    private static let all = (0..<50).map { "GOT \($0)" }

    @Test("what waits is served after SIGTERM and a start, in order and once", arguments: [true, false])
    func waitingWork(isPinned: Bool) async throws {
        try await end(try await busyDaemon(isPinned: isPinned))
        try addSlow(isPinned: isPinned, gate: nil)
        let second = try await workspace.run()
        #expect(second.lines.contains("waiting work   50 events from before the restart"))
        #expect(try await received(50) == Self.all)
        // Nothing comes before this but what came back.
        try await publish(count: 1)
        #expect(try await received(51) == Self.all + ["GOT 0"])
        try await end(second)
        let third = try await workspace.run()
        #expect(third.lines.allSatisfy { !$0.contains("waiting work") })
        try await end(third)
    }

    @Test("kill -9 after a restart loses nothing of what came back")
    func killedAfterRestart() async throws {
        try await end(try await busyDaemon(isPinned: true))
        let second = try await workspace.run()
        while try await queueCount() != 49 {}
        try await end(second, by: SIGKILL)
        try addSlow(isPinned: true, gate: nil)
        let third = try await workspace.run()
        #expect(try await received(50) == Self.all)
        try await end(third)
    }

    @Test("what waited for a function that is not deployed any more becomes dead letters")
    func undeployed() async throws {
        try await end(try await busyDaemon(isPinned: false))
        try FileManager.default.removeItem(atPath: "\(workspace.folder)/slow.json")
        let second = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let list = try await workspace.trellis("deadletter", "list").lines
        #expect(list.count == 50)
        #expect(
            list.allSatisfy {
                $0.contains("→ \(Workspace.account)slow:1, ") && $0.hasSuffix("target not deployed")
            }
        )
        try await end(second)
    }

    @Test("what waits for the cloud on the disk survives kill -9 at any moment, and is sent in order")
    func spool() async throws {
        try workspace.addFunction("actor", parameters: ["timeoutInSeconds": 50])
        try workspace.writeSubscriptions([("actor", "up/#", "cloud")])
        let spooler = #""spooler": {"storageType": "Disk"}"#
        let first = try await workspace.startDaemon(
            mqtt: #"{"endpoint": "127.0.0.1", "port": 1, \#(spooler)}"#
        )
        let event: [String: any Sendable] = ["do": "publish", "topic": "up/a", "count": 100]
        #expect(try await workspace.invoke("actor", event).answer.Payload?.ok == "published")
        // Killed in the middle of these.
        async let interrupted = workspace.invoke("actor", event.merging(["topic": "up/b"]) { $1 })
        while try await workspace.status().spool?.messages ?? 0 < 120 {}
        try await end(first, by: SIGKILL)
        _ = try? await interrupted

        try workspace.addFunction(
            "late",
            code: receiver(),
            parameters: ["eventSources": [["topic": "up/a", "type": "IOT_CORE"]]]
        )
        let second = try await workspace.startDaemon(mqtt: "{\(spooler)}")
        let restored = try await second.line(with: "messages from before the restart wait for the cloud")
        #expect(restored.contains("spool "))
        let log = try await workspace.follow("late").lines(100) { $0.contains("GOT") }
        let numbers = log.compactMap { $0.split(separator: "GOT ").last?.prefix { $0.isNumber } }
        #expect(numbers.compactMap { Int($0) } == Array(0..<100))
        while try await workspace.status().spool?.messages ?? 1 > 0 {}
        try await end(second)
    }

    @Test("a damaged state file is set aside, and the daemon runs")
    func damagedFile() async throws {
        try workspace.write(String(repeating: "no database ", count: 1_000), to: "root/state.db")
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        try await daemon.line(with: "state.db is damaged: SQLite error 26")
        #expect(try await workspace.status().store.problem == nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: workspace.root)
        #expect(names.contains { $0.hasPrefix("state.db.damaged-") })
        try await end(daemon)
    }
}
