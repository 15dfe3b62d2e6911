import Foundation
import TestSupport
import Testing

/// What the command line's socket may get, and where a root may lie.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileControlTests {
    private static let noCloud = #"{"endpoint": "none"}"#

    private func request(_ method: String, _ path: String, _ headers: [String] = []) -> [UInt8] {
        let head = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
        return Array((head + ["", ""]).joined(separator: "\r\n").utf8)
    }

    @Test("garbage on the socket and calls that are not right are answered; half a call holds up nobody")
    func socket() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python)
        let daemon = try await workspace.startDaemon(mqtt: Self.noCloud)
        let socket = "\(workspace.root)/control.socket"
        func answer(_ bytes: [UInt8]) async throws -> RawAnswer {
            try await RawConnection(socket: socket).exchange(bytes)
        }
        #expect(try await answer([0, 0xFF, 1] + Array("garbage\r\n\r\n".utf8)).status == 400)
        #expect(try await answer(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)).status == 400)
        let long = String(repeating: "a", count: 90_000)
        let huge = ["Content-Length: 6291457"]
        for (method, path, headers, status, text) in [
            ("GET", "/nothing", [], 404, "does not serve GET"),
            ("DELETE", "/status", [], 404, "does not serve"),
            ("POST", "/components/restart", [], 400, "the parameter names is missing"),
            ("POST", "/components/restart?names=,", [], 400, "no component is named"),
            ("POST", "/components/stop?names=%00", [], 400, "deployed: python"),
            ("POST", "/functions/invoke?function=%ff", [], 400, "deployed: python"),
            ("POST", "/functions/detach?function=python&instance=x", [], 400, "an instance is a number"),
            ("POST", "/pubsub/publish", [], 400, "the parameter topic is missing"),
            ("POST", "/pubsub/publish?topic=a%00", [], 400, "the null character U+0000 at byte 1"),
            ("POST", "/pubsub/publish?topic=\(long)", [], 400, "the topic has 90000 bytes"),
            ("GET", "/pubsub/subscribe?topic=%2B%2B", [], 400, "shares its level"),
            ("POST", "/iotcore/publish?topic=a&qos=7", [], 400, "qos is 0 or 1"),
            ("GET", "/iotcore/subscribe?topic=a", [], 400, "the cloud is switched off"),
            ("POST", "/deadletters/drop?number=-1", [], 400, "is a whole number"),
            ("POST", "/deadletters/redrive?number=9", [], 400, "there is no dead letter 9"),
        ] as [(String, String, [String], Int, String)] {
            let answer = try await answer(request(method, path, headers))
            #expect(answer.status == status, "\(path.prefix(60)): \(answer)")
            #expect(answer.body.contains(text), "\(path.prefix(60)): \(answer)")
        }
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        let body = try await RawConnection(socket: socket).exchange(
            request("POST", "/pubsub/publish?topic=a", huge),
            piece: [UInt8](repeating: 0, count: 6_291_457),
            times: 1
        )
        #expect(body.status == 413, "\(body)")
        #expect(body.body.contains("at most 6291456 bytes of payload"), "\(body)")
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 40_000)

        let halves = try ["GET /sta", "POST /pubsub/publish?topic=a HTTP/1.1\r\nContent-Length: 9\r\n\r\n1"]
            .map {
                let half = try RawConnection(socket: socket)
                half.send($0)
                return half
            }
        #expect(try await workspace.result(of: "result = 'served'") == "served")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
        withExtendedLifetime(halves) {}
    }

    @Test("who listens and does not read costs bounded memory, and holds up nobody")
    func deafListener() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python, parameters: ["timeoutInSeconds": 30])
        try workspace.writeSubscriptions([("python", "a", "pubsub")])
        let daemon = try await workspace.startDaemon(mqtt: Self.noCloud)
        let deaf = try RawConnection(socket: "\(workspace.root)/control.socket")
        deaf.send("GET /pubsub/subscribe?topic=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        // The session is there once another, begun later, is.
        let session = try Program(Workspace.trellis, ["pubsub", "sub", "-t", "a", "--root", workspace.root])
        try await session.line(with: "Successfully subscribed")
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        let large =
            "for _ in range(45):\n    iot.publish(topic='a', payload='x' * 6_000_000)\nresult = 'sent'"
        #expect(try await workspace.result(of: large) == "sent")
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 200_000)
        withExtendedLifetime(deaf) {}
    }

    @Test("a socket that a killed daemon left is told by every command, and the next start replaces it")
    func staleSocket() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon(mqtt: Self.noCloud)
        daemon.signal(SIGKILL)
        _ = try await daemon.end()
        #expect(FileManager.default.fileExists(atPath: "\(workspace.root)/control.socket"))
        for command in [
            ["status"], ["component", "list"], ["lambda", "invoke", "-n", "a"], ["deadletter", "list"],
            ["pubsub", "pub", "-t", "a", "-m", "b"], ["iotcore", "sub", "-t", "a"],
            ["lambda", "env", "-n", "a"],
        ] {
            let program = try Program(Workspace.trellis, command + ["--root", workspace.root])
            #expect(try await program.end() == 1, "\(command)")
            #expect(program.lines.last?.contains("no daemon answers on") == true, "\(program.lines)")
        }
        let second = try await workspace.startDaemon(mqtt: Self.noCloud)
        #expect(try await workspace.trellis("status").status == 0)
        withExtendedLifetime(second) {}
    }

    @Test("a root with spaces, quotes, other characters than ASCII and signs of shells and formats works")
    func oddRoot() async throws {
        let workspace = try Workspace(name: "it's \"a\" root é🦄 $(x) `;%s\\ #\(UUID().uuidString)")
        try workspace.addFunction("python", code: Workspace.python)
        try workspace.writeSubscriptions([("python", "a", "cloud")])
        let daemon = try await workspace.startDaemon()
        let cloud = try await workspace.listen("a")
        #expect(try await workspace.result(of: "result = iot.publish(topic='a', payload='1')") == "None")
        try await cloud.line(with: "got a 1")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
    }

    @Test(
        "a root works at every length about the longest path of a socket",
        arguments: [103, 104, 107, 108]
    )
    func rootLength(socketBytes: Int) async throws {
        let known = "/tmp/trellis-test-\(UUID().uuidString)/root/control.socket".utf8.count
        let name = UUID().uuidString + String(repeating: "x", count: socketBytes - known)
        let workspace = try Workspace(name: name)
        #expect("\(workspace.root)/control.socket".utf8.count == socketBytes)
        let daemon = try await workspace.startDaemon(mqtt: Self.noCloud)
        #expect(try await workspace.trellis("status").status == 0)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
    }

    @Test("a root that can't be written or written down is refused, and nothing is started")
    func badRoot() async throws {
        let workspace = try Workspace()
        try workspace.write("", to: "file")
        try workspace.write("", to: "occupied/control.socket/file")
        for (root, text) in [
            ("/proc/trellis", "can't make the folder /proc/trellis: "),
            (
                "\(workspace.folder)/file/root",
                "can't make the folder \(workspace.folder)/file/root: Not a dir"
            ),
            ("\(workspace.folder)/file", "can't make the folder \(workspace.folder)/file: File exists"),
            ("\(workspace.folder)/occupied", "occupied/control.socket: Is a directory"),
            ("\(workspace.folder)/with:colon", "has a colon in its path"),
            ("\(workspace.folder)/two\nlines", "has a control character in its path"),
        ] {
            let daemon = try Program(Workspace.trellis, ["run", "--root", root])
            #expect(try await daemon.end() == 1, "\(root): \(daemon.lines)")
            #expect(daemon.lines.count == 1, "\(daemon.lines)")
            #expect(daemon.lines.last?.contains(text) == true, "\(daemon.lines)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: workspace.folder)
        #expect(Set(names) == ["file", "occupied"])
    }

    @Test("a port that is taken is named, and nothing is left", arguments: ["legacyIPC", "mqtt"])
    func takenPort(key: String) async throws {
        let workspace = try Workspace()
        let holder = try Program(
            "/usr/bin/env",
            [
                "python3", "-uc",
                "import signal, socket; s = socket.create_server(('127.0.0.1', 0)); "
                    + "print(s.getsockname()[1]); signal.pause()",
            ]
        )
        let port = try await holder.lines { _ in true }[0]
        let cloud = key == "mqtt" ? "" : #", "mqtt": {"endpoint": "none"}"#
        try workspace.write(#"{"root": "root", "\#(key)": {"port": \#(port)}\#(cloud)}"#, to: "trellis.json")
        let daemon = try Program(Workspace.trellis, ["run", "--config", "\(workspace.folder)/trellis.json"])
        #expect(try await daemon.end() == 1)
        let line = daemon.lines.last ?? ""
        #expect(line.contains("port \(port) of 127.0.0.1"), "\(daemon.lines)")
        #expect(line.contains("or 0 for any free one, as \(key).port"), "\(daemon.lines)")
        #expect(ProcessTree.pids(running: workspace.root).isEmpty)
    }

    @Test("with few open files allowed the daemon works, or says how many it needs")
    func fewFiles() async throws {
        let workspace = try Workspace()
        for name in ["python"] + (0..<20).map({ "more\($0)" }) {
            try workspace.addFunction(name, code: Workspace.python)
        }
        let list = (0..<20).map { "\"more\($0).json\"" }.joined(separator: ", ")
        let none = #""mqtt": {"endpoint": "none"}"#
        try workspace.write(#"{"root": "root", \#(none), "components": [\#(list)]}"#, to: "many.json")
        try workspace.write(#"{"root": "root", \#(none), "components": ["python.json"]}"#, to: "one.json")
        func run(_ name: String) throws -> Program {
            let command = [Workspace.trellis, "run", "--config", "\(workspace.folder)/\(name).json"]
            let words = Workspace.limitingFiles(to: 64, command)
            return try Program(words[0], Array(words.dropFirst()))
        }
        let refused = try run("many")
        #expect(try await refused.end() == 1)
        #expect(refused.lines.last?.contains("at most 64 files may be open, and 20 components need") == true)
        #expect(refused.lines.last?.contains("raise the limit (ulimit -n") == true, "\(refused.lines)")
        #expect(!FileManager.default.fileExists(atPath: workspace.root))
        // Machines with many cores need more for one function too.
        let daemon = try run("one")
        guard (try? await daemon.line(with: "running; Ctrl-C ends it")) != nil else {
            #expect(daemon.lines.last?.contains("raise the limit (ulimit -n") == true, "\(daemon.lines)")
            return
        }
        let answer = try await workspace.run("result = 'served'")
        #expect(answer.Payload?.ok == "served", "\(daemon.lines)")
    }
}
