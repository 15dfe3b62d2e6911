import Foundation
import TestSupport
import Testing

/// Stops, restarts and deployments while functions work.
@Suite(.timeLimit(.minutes(1))) struct LifecycleTests {
    /// Begins an invocation that waits at a gate; returns once it is being served.
    private func begin(_ workspace: Workspace, in name: String, until gate: Gate) async throws -> Program {
        let code = """
            print('begun', os.getpid())
            \(gate.passing)
            result = 'done'
            """
        let payload = try JSONSerialization.data(withJSONObject: ["code": code])
        let invoker = try Program(
            Workspace.trellis,
            [
                "lambda", "invoke", "-n", name, "-p", String(decoding: payload, as: UTF8.self), "--root",
                workspace.root,
            ]
        )
        try await workspace.follow(name).line(with: "begun")
        return invoker
    }

    private static let patient: [String: any Sendable] = ["timeoutInSeconds": 50]

    @Test("a stop waits for the running invocation, whose invoker gets its result", arguments: [true, false])
    func draining(isPinned: Bool) async throws {
        let workspace = try Workspace()
        try workspace.addFunction(
            "python",
            code: Workspace.python,
            parameters: ["timeoutInSeconds": 50, "pinned": isPinned]
        )
        let daemon = try await workspace.startDaemon()
        let gate = try Gate(in: workspace)
        let invoker = try await begin(workspace, in: "python", until: gate)
        let stop = try Program(
            Workspace.trellis,
            ["component", "stop", "-n", "python", "--root", workspace.root]
        )
        try await daemon.line(with: "python: instance 1 ends when it has answered")
        #expect(try await workspace.state("python") == "STOPPING")
        let details = try await workspace.trellis("component", "details", "-n", "python").lines
        #expect(details.contains { $0.contains("1 draining") }, "\(details)")
        gate.open()
        #expect(try await stop.end() == 0)
        #expect(try await invoker.end() == 0)
        #expect(invoker.lines.joined().contains("done"))
        try await daemon.line(with: "python: ended: stopped")
        let after = try await workspace.trellis("component", "details", "-n", "python").lines
        #expect(after.contains { $0.contains("Last end: instance 1: stopped, ") }, "\(after)")
        #expect(after.contains { $0.contains("begun") }, "\(after)")
    }

    @Test("a second restart does not wait for the running invocation")
    func impatience() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python, parameters: Self.patient)
        let daemon = try await workspace.startDaemon()
        let gate = try Gate(in: workspace)
        let invoker = try await begin(workspace, in: "python", until: gate)
        #expect(try await workspace.trellis("component", "restart", "-n", "python").status == 0)
        #expect(try await workspace.trellis("component", "restart", "-n", "python").status == 0)
        #expect(try await invoker.end() == 1)
        #expect(invoker.lines.joined().contains("the function was stopped"), "\(invoker.lines)")
        _ = try await daemon.lines(2) { $0.contains("python: is ready") }
        withExtendedLifetime(gate) {}
    }

    @Test("SIGTERM lets a running invocation end, within its time")
    func shutdown() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python, parameters: Self.patient)
        let daemon = try await workspace.startDaemon()
        let gate = try Gate(in: workspace)
        let invoker = try await begin(workspace, in: "python", until: gate)
        daemon.signal(SIGTERM)
        try await daemon.line(with: "python: instance 1 ends when it has answered")
        gate.open()
        #expect(try await invoker.end() == 0)
        #expect(try await daemon.end() == 0)
        #expect(daemon.lines.contains { $0.contains("python: ended: stopped") })
    }

    @Test("a restart gives no function a container that the start has not tried to make")
    func lateContainer() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("sink", code: Workspace.python)
        let daemon = try await workspace.startDaemon()
        try workspace.addFunction(
            "sink",
            code: Workspace.python,
            parameters: ["linuxProcessParams": ["isolationMode": "GreengrassContainer"]]
        )
        let restart = try await workspace.trellis("component", "restart", "-n", "sink")
        #expect(restart.status == 1)
        #expect(restart.lines.contains { $0.contains("sink asks for a container now") }, "\(restart.lines)")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
    }

    @Test("a restart takes the changed file and code, while every message is served once")
    func redeployment() async throws {
        let workspace = try Workspace()
        func code(_ version: Int) -> String {
            // Of another size: Python tells compiled files that are out of date by size and second.
            """
            #\(String(repeating: " version", count: version))
            def handler(event, context):
                print('GOT {} in {} of {}'.format(event, \(version), context.function_version))
            """
        }
        let parameters: [String: any Sendable] = ["eventSources": [["topic": "in/#", "type": "PUB_SUB"]]]
        try workspace.addFunction("sink", code: code(1), parameters: parameters)
        try workspace.addFunction("python", code: Workspace.python, parameters: Self.patient)
        try workspace.writeSubscriptions([("python", "in/#", "component:sink")])
        let daemon = try await workspace.startDaemon()
        let log = try workspace.follow("sink")
        let publish = """
            for number in range(500):
                iot.publish(topic='in/x', payload=str(number), queueFullPolicy='AllOrException')
            """
        async let published = workspace.run(publish)
        try await log.line(with: "GOT 0 in 1")
        try workspace.addFunction("sink", version: 2, code: code(2), parameters: parameters)
        let restart = try await workspace.trellis("component", "restart", "-n", "sink")
        #expect(restart.status == 0, "\(restart.lines)")
        #expect(try await published.FunctionError == nil)
        _ = try await daemon.lines(2) { $0.contains("sink: is ready") }
        let got = try await log.lines(500) { $0.contains("GOT ") }
        let numbers = got.compactMap { line in
            line.split(separator: "GOT ").last.flatMap { Int($0.prefix(while: \.isNumber)) }
        }
        let isOnceInOrder = numbers == Array(0..<500)
        #expect(isOnceInOrder, "\(daemon.lines.filter { $0.contains("sink: ") })")
        #expect(got.allSatisfy { $0.contains("in 1 of 1") || $0.contains("in 2 of 2") })
        _ = try await workspace.trellis("pubsub", "pub", "-t", "in/y", "-m", "999")
        try await log.line(with: "GOT 999 in 2 of 2")
        #expect(try await workspace.status().deadLetters == 0)
        let list = try await workspace.trellis("component", "list").lines
        #expect(list.contains("    Version: 2.0.0"), "\(list)")
        let health = try await HealthProbe(workspace).arns()
        #expect(health.contains("\(Workspace.account)sink:2"))
    }

    @Test("a restart with a bad file is refused, and what runs goes on")
    func badFile() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python)
        let daemon = try await workspace.startDaemon()
        let before = try await workspace.result(of: "result = os.getpid()")
        try workspace.addFunction("python", code: Workspace.python, parameters: ["timeoutInSeconds": 0])
        let refused = try await workspace.trellis("component", "restart", "-n", "python")
        #expect(refused.status == 1)
        let text = refused.lines.joined(separator: "\n")
        #expect(text.contains("timeoutInSeconds: found 0"), "\(text)")
        #expect(text.contains("python goes on as before"), "\(text)")
        try workspace.addFunction(
            "python",
            code: Workspace.python,
            configuration: ["Runtime": "python4.0"]
        )
        #expect(try await workspace.trellis("component", "restart", "-n", "python").status == 1)
        #expect(try await workspace.result(of: "result = os.getpid()") == before)
        withExtendedLifetime(daemon) {}
    }

    @Test("what depends HARD on a function starts after it, waits for it and restarts with it")
    func dependencies() async throws {
        let workspace = try Workspace()
        let gate = try Gate(in: workspace)
        let base = """
            \(gate.passing)
            def handler(event, context):
                pass
            """
        try workspace.addFunction("base", code: base, parameters: ["pinned": true])
        try workspace.addFunction(
            "above",
            code: Workspace.python,
            parameters: ["pinned": false],
            dependencies: [
                "base": ["versionRequirement": "^1.0.0"],
                "aws.greengrass.Nucleus": ["versionRequirement": ">=2.0.0"],
            ]
        )
        try workspace.writeConfiguration()
        let daemon = try workspace.launch()
        try await daemon.line(with: "above: waits for a function that it depends on")
        #expect(try await workspace.state("above") == "INSTALLED")
        gate.open()
        try await daemon.line(with: "base: is ready")
        let first = try await workspace.result(of: "result = os.getpid()", in: "above")
        let details = try await workspace.trellis("component", "details", "-n", "above").lines
        #expect(details.contains("    Depends on: base ^1.0.0 (HARD), RUNNING"), "\(details)")
        #expect(try await workspace.trellis("component", "restart", "-n", "base").status == 0)
        _ = try await daemon.lines(2) { $0.contains("base: is ready") }
        try await daemon.line(with: "above: ended: stopped")
        #expect(try await workspace.result(of: "result = os.getpid()", in: "above") != first)
    }

    @Test("the last words of an instance that died are told, and its way to die")
    func lastWords() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python, parameters: ["pinned": false])
        let daemon = try await workspace.startDaemon()
        _ = try await workspace.run("print('my last words', flush=True); os.kill(os.getpid(), 11)")
        try await daemon.line(with: "my last words")
        let details = try await workspace.trellis("component", "details", "-n", "python").lines
        #expect(details.contains { $0.contains("Last end: instance 1: killed by SIGSEGV") }, "\(details)")
        #expect(details.contains("        my last words"), "\(details)")
        #expect(details.contains { $0.contains("LambdaUngracefullyKilled 1,") }, "\(details)")
        let json = try await workspace.trellis("component", "details", "-n", "python", "--json").lines
        #expect(json.contains { $0.contains(#""cause" : "signal""#) }, "\(json)")
        let status = try await workspace.trellis("status", "--json").lines
        #expect(status.contains { $0.contains(#""LambdaUngracefullyKilled" : 1"#) }, "\(status)")
    }

    @Test("a function runs as the user that its file names", .enabled(if: getuid() == 0))
    func otherUser() async throws {
        let workspace = try Workspace()
        let code = """
            import os
            def handler(event, context):
                return '{}:{}:{}'.format(os.getuid(), os.getgid(), os.environ['USER'])
            """
        try workspace.addFunction(
            "other",
            code: code,
            configuration: ["runWith": ["posixUser": "nobody:nogroup"]]
        )
        // An interpreter in a folder that only root can enter is none for others.
        let daemon = try await workspace.startDaemon(path: "/usr/local/bin:/usr/bin:/bin")
        let answer = try await workspace.trellis("lambda", "invoke", "-n", "other").lines
        #expect(answer.joined() == #""65534:65534:nobody""#)
        let details = try await workspace.trellis("component", "details", "-n", "other").lines
        #expect(details.contains("    User: nobody:nogroup"), "\(details)")
        withExtendedLifetime(daemon) {}
    }

    @Test("a user that does not exist is told when the daemon starts")
    func unknownUser() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("other", configuration: ["runWith": ["posixUser": "nosuchuser"]])
        try workspace.writeConfiguration()
        let daemon = try workspace.launch()
        #expect(try await daemon.end() == 1)
        #expect(daemon.lines.last?.contains("there is no user nosuchuser") == true, "\(daemon.lines)")
    }
}
