import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ComponentCommandTests {
    @Test("list and details tell state, version, configuration, processes and the last end")
    func listAndDetails() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor")
        try workspace.addFunction("sleeper", version: 4, parameters: ["pinned": false])
        let daemon = try await workspace.startDaemon()
        let list = try await workspace.trellis("component", "list")
        #expect(list.lines.first == "Components currently running in Greengrass:")
        #expect(list.lines.contains("Component Name: actor"))
        #expect(list.lines.contains("    Version: 4.0.0"))
        #expect(list.lines.contains { $0.contains(#""pinned":false"#) })
        _ = try await workspace.invoke("actor", ["do": "exit"])
        _ = try await daemon.lines(2) { $0.contains("actor: is ready") }
        let details = try await workspace.trellis("component", "details", "-n", "actor").lines
        #expect(details.contains { $0.hasPrefix("    Instances: 2 ") && $0.contains("pid ") }, "\(details)")
        #expect(details.contains { $0.contains("Last end: instance 1: exit status 3") }, "\(details)")
        #expect(details.contains("    Log: \(workspace.root)/logs/actor.log"), "\(details)")
        let unknown = try await workspace.trellis("component", "details", "-n", "nobody")
        #expect(unknown.status == 1)
        #expect(unknown.lines.last?.contains("deployed: actor, sleeper") == true, "\(unknown)")
    }

    @Test("a stopped function takes nothing until it is restarted, and then what had waited")
    func stopAndRestart() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor")
        try workspace.addFunction("sink", parameters: ["timeoutInSeconds": 30])
        try workspace.writeSubscriptions([("actor", "sink/#", "sink")])
        let daemon = try await workspace.startDaemon()
        #expect(try await workspace.trellis("component", "stop", "-n", "sink").status == 0)
        #expect(try await workspace.state("sink") == "FINISHED")
        let publish: [String: any Sendable] = ["do": "publish", "topic": "sink/1", "payload": "7"]
        #expect(try await workspace.invoke("actor", publish).answer.Payload?.ok == "published")
        let letter = try await workspace.trellis("deadletter", "show", "1")
        #expect(letter.lines.contains("reason   the function was stopped"), "\(letter)")
        #expect(letter.lines.last == "7")
        #expect(try await workspace.trellis("component", "restart", "-n", "sink,actor").status == 0)
        _ = try await daemon.lines(2) { $0.contains("sink: is ready") }
        _ = try await daemon.lines(2) { $0.contains("actor: is ready") }
        #expect(try await workspace.trellis("deadletter", "redrive", "1").status == 0)
        let log = try workspace.follow("sink")
        try await log.line(with: "GOT sink/1 7")
        let unknown = try await workspace.trellis("component", "restart", "-n", "sink,nobody")
        #expect(unknown.status == 1)
    }

    @Test("a BROKEN function runs again after a restart by hand")
    func broken() async throws {
        let workspace = try Workspace()
        let flag = "\(workspace.folder)/good"
        let code = """
            import os
            if not os.path.exists('\(flag)'):
                raise ImportError('not yet')
            def handler(event, context):
                return {'ok': 'at last'}
            """
        try workspace.addFunction("fragile", code: code, parameters: ["pinned": false])
        let daemon = try await workspace.startDaemon()
        _ = try await workspace.invoke("fragile", [:])
        try await daemon.line(with: "BROKEN until 'trellis component restart'")
        let refused = try await workspace.invoke("fragile", [:]).answer
        #expect(refused.Payload?.errorMessage?.contains("the function is BROKEN") == true, "\(refused)")
        try workspace.write("", to: "good")
        #expect(try await workspace.trellis("component", "restart", "-n", "fragile").status == 0)
        #expect(try await workspace.invoke("fragile", [:]).answer.Payload?.ok == "at last")
    }

    @Test("a process of the user's own serves as the function while its command runs")
    func environment() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor")
        let daemon = try await workspace.startDaemon()
        let own = try Program(
            Workspace.trellis,
            [
                "lambda", "env", "-n", "actor", "--root", workspace.root, "--", "python3", "-m",
                "lambda_runtime",
            ]
        )
        _ = try await daemon.lines(2) { $0.contains("actor: is ready") }
        let answer = try await workspace.invoke("actor", ["do": "echo", "payload": "own"]).answer.Payload
        #expect(answer?.ok == "own")
        #expect(ProcessTree.descendants(of: own.pid).contains(answer?.pid ?? 0))
        let details = try await workspace.trellis("component", "details", "-n", "actor").lines
        #expect(details.contains { $0.contains("(your own process)") }, "\(details)")
        own.signal(SIGTERM)
        #expect(try await own.end() == 128 + SIGTERM)
        _ = try await daemon.lines(3) { $0.contains("actor: is ready") }
        let managed = try await workspace.invoke("actor", ["do": "echo", "payload": "back"]).answer.Payload
        #expect(managed?.ok == "back")
        #expect(ProcessTree.descendants(of: daemon.pid).contains(managed?.pid ?? 0))
    }

    @Test("the environment as export lines is what a shell takes")
    func exportLines() async throws {
        let workspace = try Workspace()
        try workspace.addFunction(
            "actor",
            code: "def handler(event, context):\n    pass\n",
            parameters: ["environmentVariables": ["ODD": "it's $HOME\nno"]]
        )
        let daemon = try await workspace.startDaemon()
        let command = "eval \"$(\(Workspace.trellis) lambda env -n actor --root \(workspace.root))\""
        let shell = try Program(
            "/bin/sh",
            ["-c", "\(command); printf '%s' \"$ODD\"; echo; echo $MY_FUNCTION_ARN"]
        )
        #expect(try await shell.end() == 0)
        #expect(shell.lines == ["it's $HOME", "no", "\(Workspace.account)actor:1"])
        let json = try await workspace.trellis("lambda", "env", "-n", "actor", "--json").lines.joined()
        #expect(json.contains(#""MY_FUNCTION_ARN" : "\#(Workspace.account)actor:1""#))
        withExtendedLifetime(daemon) {}
    }

    @Test("pubsub pub and sub pass a message over the local bus, which wakes a function too")
    func pubsub() async throws {
        let workspace = try Workspace()
        try workspace.addFunction(
            "listener",
            parameters: ["pinned": false, "eventSources": [["topic": "room/+", "type": "PUB_SUB"]]]
        )
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let session = try Program(
            Workspace.trellis,
            ["pubsub", "sub", "-t", "room/#", "--json", "--root", workspace.root]
        )
        try await session.line(with: "Successfully subscribed to topic: room/#")
        #expect(try await workspace.trellis("pubsub", "pub", "-t", "room/1", "-m", "21").status == 0)
        try await session.line(with: #""payload" : "21""#)
        let log = try workspace.follow("listener")
        try await log.line(with: "GOT room/1 21")
        #expect(try await workspace.trellis("pubsub", "pub", "-t", "room/#", "-m", "21").status == 1)
        withExtendedLifetime(daemon) {}
    }
}
