import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SurvivalTests {
    @Test("kill -9 of the daemon leaves no child and no grandchild, and a new start on the same root works")
    func daemonKilled() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor")
        let daemon = try await workspace.startDaemon()
        let grandchildren =
            try await workspace.invoke("actor", ["do": "daemonize"]).answer.Payload?.pids ?? []
        #expect(grandchildren.count == 3)
        let port = try await workspace.cloudPort()
        let family = Set(ProcessTree.descendants(of: daemon.pid) + grandchildren)
        #expect(family.isSuperset(of: grandchildren))
        daemon.signal(SIGKILL)
        #expect(try await daemon.end() == -SIGKILL)
        #expect(ProcessTree.remaining(of: Array(family), afterSeconds: 3) == [])
        let second = try await workspace.startDaemon()
        #expect(try await workspace.cloudPort() == port)
        #expect(
            try await workspace.invoke("actor", ["do": "echo", "payload": "again"]).answer.Payload?.ok
                == "again"
        )
        second.signal(SIGINT)
        #expect(try await second.end() == 0)
    }

    @Test("what is published while mosquitto is dead arrives once it is back, on the same port")
    func mosquittoKilled() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("sender")
        try workspace.addFunction(
            "receiver",
            parameters: ["eventSources": [["topic": "up/#", "type": "IOT_CORE"]]]
        )
        try workspace.writeSubscriptions([("sender", "up/#", "cloud")])
        let daemon = try await workspace.startDaemon()
        let port = try await workspace.cloudPort()
        let log = try workspace.follow("receiver")
        for number in 1...3 {
            for pid in ProcessTree.pids(running: "\(workspace.root)/mosquitto/mosquitto.conf") {
                kill(pid, SIGKILL)
            }
            let event = ["do": "publish", "topic": "up/\(number)", "payload": #"{"n": \#(number)}"#]
            #expect(try await workspace.invoke("sender", event).answer.Payload?.ok == "published")
            try await log.line(with: "GOT up/\(number) {\"n\": \(number)}")
        }
        #expect(try await workspace.cloudPort() == port)
        withExtendedLifetime(daemon) {}
    }

    @Test("Ctrl-C ends the daemon though somebody listens, a function is busy and others wait for it")
    func busyEnd() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor", parameters: ["timeoutInSeconds": 50])
        let daemon = try await workspace.startDaemon(limits: #"{"shutdownTimeoutInSeconds": 1}"#)
        let session = try Program(Workspace.trellis, ["iotcore", "sub", "-t", "#", "--root", workspace.root])
        try await session.line(with: "Successfully subscribed")
        let root = workspace.root
        let invokers = try (0..<3).map { _ in
            try Program(
                Workspace.trellis,
                ["lambda", "invoke", "-n", "actor", "-p", #"{"do": "hang"}"#, "--root", root]
            )
        }
        while try await workspace.status().components[0].queue < 2 {}
        daemon.signal(SIGINT)
        #expect(try await daemon.end() == 0)
        #expect(try await session.end() == 1)
        for invoker in invokers {
            #expect(try await invoker.end() == 1)
            #expect(invoker.lines.joined().contains("the function was stopped"), "\(invoker.lines)")
        }
    }

    @Test("a second daemon on the same root is refused, and says what to do")
    func secondDaemon() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let second = try Program(Workspace.trellis, ["run", "--config", "\(workspace.folder)/trellis.json"])
        #expect(try await second.end() == 1)
        #expect(second.lines.last?.contains("another daemon runs on") == true, "\(second.lines)")
        withExtendedLifetime(daemon) {}
    }

    @Test("a root whose path is too long for a socket address works")
    func longRoot() async throws {
        let workspace = try Workspace(name: String(repeating: "long-", count: 24) + UUID().uuidString)
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let (status, lines) = try await workspace.trellis("status")
        #expect(status == 0)
        #expect(lines.first?.contains("long-long-") == true)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
    }

    @Test("a daemon whose launcher is killed ends with an error rather than run without functions")
    func launcherKilled() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor")
        let daemon = try await workspace.startDaemon()
        let family = ProcessTree.descendants(of: daemon.pid)
        let launchers = ProcessTree.pids(running: "trellis-launcher").filter(family.contains)
        for launcher in launchers {
            kill(launcher, SIGKILL)
        }
        #expect(try await daemon.end() == 1)
        #expect(daemon.lines.last?.contains("trellis-launcher is gone") == true, "\(daemon.lines)")
        #expect(ProcessTree.remaining(of: family, afterSeconds: 3) == [])
    }
}
