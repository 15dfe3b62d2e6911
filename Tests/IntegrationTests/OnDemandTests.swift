import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct OnDemandTests {
    /// Adds a function on demand that prints what comes on `numbers/#` in the cloud.
    private func addSink(_ workspace: Workspace, _ parameters: [String: any Sendable]) throws {
        let events: [String: any Sendable] = [
            "pinned": false, "eventSources": [["topic": "numbers/#", "type": "IOT_CORE"]],
        ]
        try workspace.addFunction("sink", parameters: events.merging(parameters) { $1 })
    }

    /// The number and the process of each line that the sink wrote.
    private func received(_ lines: [String]) -> [(number: Int, pid: String)] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let got = words.firstIndex(of: "GOT"), let number = Int(words[got + 2]) else { return nil }
            return (number, words[got + 3].filter(\.isNumber))
        }
    }

    @Test(
        "two hundred messages at once run in at most three processes, each once, which end after their time"
    )
    func threeProcesses() async throws {
        let workspace = try Workspace()
        try addSink(workspace, ["maxInstancesCount": 3, "maxIdleTimeInSeconds": 1])
        let daemon = try await workspace.startDaemon()
        let sleeping = try await workspace.status().components[0]
        #expect(sleeping.state == "RUNNING")
        #expect(sleeping.instances == 0)
        try await workspace.send((1...200).map { "\($0)" }, to: "numbers/n")
        let log = try workspace.follow("sink")
        let messages = received(try await log.lines(200) { $0.contains("GOT numbers/n") })
        #expect(messages.map(\.number).sorted() == Array(1...200))
        let processes = Set(messages.map(\.pid))
        #expect((1...3).contains(processes.count))
        _ = try await daemon.lines(processes.count) { $0.contains("sink: ended: not needed any more") }
        #expect(try await workspace.status().components[0].instances == 0)
        #expect(received(log.lines).count == 200)
    }

    @Test("without idle time every invocation has a process of its own")
    func freshProcesses() async throws {
        let workspace = try Workspace()
        try addSink(workspace, ["maxInstancesCount": 2, "maxIdleTimeInSeconds": 0])
        let daemon = try await workspace.startDaemon()
        try await workspace.send((1...6).map { "\($0)" }, to: "numbers/n")
        let log = try workspace.follow("sink")
        let messages = received(try await log.lines(6) { $0.contains("GOT numbers/n") })
        #expect(messages.map(\.number).sorted() == Array(1...6))
        #expect(Set(messages.map(\.pid)).count == 6)
        _ = try await daemon.lines(6) { $0.contains("sink: ended: not needed any more") }
    }

    @Test("an instance that times out, exits or is killed is replaced at once, and its invoker is told")
    func deaths() async throws {
        let workspace = try Workspace()
        try workspace.addFunction(
            "actor",
            parameters: ["pinned": false, "maxInstancesCount": 1, "timeoutInSeconds": 1]
        )
        let daemon = try await workspace.startDaemon()
        for (action, reason) in [("hang", "timed out"), ("exit", "exit status 3"), ("kill", "SIGKILL")] {
            let answer = try await workspace.invoke("actor", ["do": action]).answer
            #expect(answer.FunctionError == "Unhandled")
            #expect(answer.Payload?.errorMessage?.contains(reason) == true, "\(answer)")
            let after = try await workspace.invoke("actor", ["do": "echo", "payload": action]).answer
            #expect(after.Payload?.ok == action)
        }
        #expect(daemon.lines.allSatisfy { !$0.contains("starts again in") })
    }

    @Test("a full queue: BestEffort is accepted and kept dead, AllOrException raises; redrive delivers")
    func fullQueue() async throws {
        let workspace = try Workspace()
        let gate = "\(workspace.folder)/gate"
        #expect(mkfifo(gate, 0o600) == 0)
        let slow = """
            is_open = False

            def handler(event, context):
                global is_open
                if not is_open:
                    # Until somebody opens the other end.
                    open('\(gate)').close()
                    is_open = True
                print('GOT {} {}'.format(context.client_context.custom['subject'], event))
            """
        try workspace.addFunction("slow", code: slow, parameters: ["timeoutInSeconds": 600])
        try workspace.addFunction("actor", parameters: ["timeoutInSeconds": 600])
        try workspace.addFunction("roomy")
        try workspace.writeSubscriptions([
            ("actor", "slow/#", "slow"), ("actor", "slow/both", "roomy"),
        ])
        let daemon = try await workspace.startDaemon()
        // One is being served, a thousand wait.
        let fill: [String: any Sendable] = ["do": "publish", "topic": "slow/fill", "count": 1_001]
        #expect(try await workspace.invoke("actor", fill).answer.Payload?.ok == "published")
        #expect(try await workspace.status().components.map(\.queue) == [0, 0, 1_000])
        let best: [String: any Sendable] = ["do": "publish", "topic": "slow/both", "payload": "1"]
        #expect(try await workspace.invoke("actor", best).answer.Payload?.ok == "published")
        let all: [String: any Sendable] = [
            "do": "publish", "topic": "slow/both", "payload": "2", "policy": "AllOrException",
        ]
        let refused = try await workspace.invoke("actor", all).answer.Payload?.error
        #expect(refused?.contains("429") == true, "\(String(describing: refused))")
        let log = try workspace.follow("actor")
        try await log.line(with: "The queue of \(Workspace.account)slow:1 is full (maxQueueSize 1000)")

        let list = try await workspace.trellis("deadletter", "list")
        #expect(list.lines.count == 1, "\(list)")
        #expect(list.lines.first?.contains("slow/both → \(Workspace.account)slow:1") == true, "\(list)")
        #expect(list.lines.first?.hasSuffix("queue full: maxQueueSize 1000") == true, "\(list)")
        let early = try await workspace.trellis("deadletter", "redrive", "1")
        #expect(early.status == 1, "there is no room yet")
        #expect(try await workspace.status().deadLetters == 1)

        // Without waiting: the function holds the other end.
        let opened = open(gate, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        #expect(opened >= 0)
        close(opened)
        let slowLog = try workspace.follow("slow")
        _ = try await slowLog.lines(1_001) { $0.contains("GOT slow/fill") }
        let redriven = try await workspace.trellis("deadletter", "redrive", "--all")
        #expect(redriven.lines == ["sent: 1 of 1"])
        try await slowLog.line(with: "GOT slow/both 1")
        let roomyLog = try workspace.follow("roomy")
        try await roomyLog.line(with: "GOT slow/both 1")
        #expect(try await workspace.trellis("deadletter", "list").lines == ["no dead letters"])
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
        #expect(roomyLog.lines.count { $0.contains("GOT") } == 1, "AllOrException delivered to nobody")
    }
}
