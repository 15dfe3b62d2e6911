import Foundation
import TestSupport
import Testing

/// What anybody on this machine may send to the legacy API's port.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileHTTPTests {
    /// What is sent, and what the answer must say.
    private struct Case {
        let name: String
        let bytes: [UInt8]
        let status: Int
        let text: String

        init(_ name: String, _ bytes: [UInt8], _ status: Int, _ text: String) {
            (self.name, self.bytes, self.status, self.text) = (name, bytes, status, text)
        }
    }

    private static let caller = "\(Workspace.account)caller:1"

    /// A daemon with a function that the test plays itself, and `python`, which is to go on undisturbed.
    private func start(
        _ workspace: Workspace,
        openFilesMax: Int? = nil
    ) async throws -> (daemon: Program, port: Int) {
        try workspace.addFunction("caller", code: Workspace.python)
        try workspace.addFunction("python", code: Workspace.python)
        try workspace.writeSubscriptions([("caller", "a/#", "cloud"), ("python", "a/#", "cloud")])
        let daemon = try await workspace.startDaemon(openFilesMax: openFilesMax)
        return (daemon, try await workspace.status().legacyIPC.port)
    }

    private func send(_ bytes: [UInt8], to port: Int) async throws -> RawAnswer {
        try await RawConnection(port: port).exchange(bytes)
    }

    @Test("what is no HTTP, or is not right, is answered with a status and a sentence; others go on")
    func refused() async throws {
        let workspace = try Workspace()
        let (daemon, port) = try await start(workspace)
        let token = try await workspace.token(for: "caller")
        for request in Self.malformed + Self.wrong(token: token) {
            let answer = try await send(request.bytes, to: port)
            #expect(answer.status == request.status, "\(request.name): \(answer)")
            #expect(answer.body.contains(request.text), "\(request.name): \(answer)")
        }
        let publish = LegacyRequest.publishing("a/b", as: Self.caller)
        let kept = LegacyRequest(token: token, publish, body: "1", close: false).bytes
        let last = LegacyRequest(token: token, publish, body: "1").bytes
        #expect(try await send(kept + kept + last, to: port).statuses == [202, 202, 202])
        #expect(try await workspace.result(of: "result = iot.publish(topic='a/b', payload='1')") == "None")
        #expect(!daemon.lines.contains { $0.contains("[ERROR]") }, "\(daemon.lines)")
    }

    private static let malformed = [
        Case("garbage", [0, 0xFF, 1, 2] + Array("x\r\n\r\n".utf8), 400, "This is not HTTP/1.1"),
        Case("a TLS client", [0x16, 3, 1, 0, 0xF1, 1, 0, 0, 0xED, 3, 3], 400, "This is not HTTP/1.1"),
        Case("HTTP/2", Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), 400, "HTTP/2 is not served here"),
        Case("HTTP/3.7", Array("GET / HTTP/3.7\r\n\r\n".utf8), 400, "invalid HTTP version"),
        Case("a bare line feed", Array("GET / HTTP/1.1\nHost: x\n\n".utf8), 400, "This is not HTTP/1.1"),
        Case("NUL in a header", Array("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n".utf8), 400, "invalid character"),
        Case("a folded header", Array("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n".utf8), 400, "invalid character"),
        Case("another path", Array("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".utf8), 404, "Served are"),
        Case("a proxy's", Array("CONNECT a:1 HTTP/1.1\r\n\r\n".utf8), 404, "No such path"),
    ]

    private static func wrong(token: String) -> [Case] {
        let publish = LegacyRequest.publishing("a/b", as: caller)
        let both = publish.merging(["Content-Length": "5", "Transfer-Encoding": "chunked"]) { $1 }
        let twice = publish.merging(["Content-Length": "1\r\nContent-Length: 2"]) { $1 }
        let gzip = publish.merging(["Transfer-Encoding": "gzip, chunked"]) { $1 }
        let many = Dictionary(uniqueKeysWithValues: (0..<1_000).map { ("X-\($0)", "v") })
        let long = ["X-Long": String(repeating: "v", count: 70_000)]
        let other = LegacyRequest.publishing("a/b", as: "\(Workspace.account)python:1")
        let policy = LegacyRequest.publishing("a/b", as: caller, policy: "Sometimes")
        let deep = Data(String(repeating: "[", count: 40_000).utf8)
        func request(_ headers: [String: String], to function: String = LegacyRequest.router) -> [UInt8] {
            LegacyRequest("POST", function, token: token, headers, body: "0\r\n\r\n").bytes
        }
        return [
            Case("two ways to end a body", request(both), 400, "either a Content-Length or"),
            Case("two lengths", request(twice), 400, "content-length"),
            Case("a negative length", request(["Content-Length": "-1"]), 400, "content-length"),
            Case("an endless length", request(["Content-Length": "9999999999999999999999"]), 400, "length"),
            Case("another coding", request(gzip), 501, "No Transfer-Encoding but chunked"),
            Case("a thousand headers", request(many), 431, "at most 65536 bytes in at most 128 fields"),
            Case("a long header", request(long), 431, "at most 65536 bytes"),
            Case("no token", LegacyRequest(token: nil, publish).bytes, 403, "holds no valid token"),
            Case("a wrong token", LegacyRequest(token: "x", publish).bytes, 403, "holds no valid token"),
            Case("another's source", request(other), 403, "can't publish as \(Workspace.account)python:1"),
            Case(
                "an odd policy",
                request(policy),
                400,
                "BestEffort, AllOrError or absent, not \"Sometimes\""
            ),
            Case("no context", request([:]), 400, "X-Amz-Client-Context is not base64 of the JSON"),
            Case("no base64", request(["X-Amz-Client-Context": "%%%"]), 400, "is not base64"),
            Case("no JSON", request(LegacyRequest.context(Data("{".utf8))), 400, "is not base64 of the JSON"),
            Case("no object", request(LegacyRequest.context(Data("[1]".utf8))), 400, "is not base64 of"),
            Case("a deep context", request(LegacyRequest.context(deep)), 400, "is not base64 of the JSON"),
            Case("an unknown function", request([:], to: "\(Workspace.account)nobody:1"), 404, "is deployed"),
            Case("no ARN", request([:], to: "nobody"), 404, "nobody is no function ARN"),
            Case("broken percents", request([:], to: "%ff%00"), 404, "No such path"),
            Case("a method", LegacyRequest("DELETE", token: token).bytes, 405, "only GET and POST"),
        ]
    }

    @Test("a body of 100 MB is refused, told its length before or not, and takes no memory")
    func largeBody() async throws {
        let workspace = try Workspace()
        let (daemon, port) = try await start(workspace)
        let token = try await workspace.token(for: "caller")
        let publish = LegacyRequest.publishing("a/b", as: Self.caller)
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000)
        for (headers, piece) in [
            (["Content-Length": "100000000"], piece),
            (["Transfer-Encoding": "chunked"], Array("f4240\r\n".utf8) + piece + Array("\r\n".utf8)),
        ] {
            let head = LegacyRequest(token: token, publish.merging(headers) { $1 }).bytes
            let answer = try await RawConnection(port: port).exchange(head, piece: piece, times: 100)
            #expect(answer.status == 413, "\(answer)")
            #expect(answer.body == "The body is too large: at most 6291456 bytes are taken.")
        }
        let header = Array("GET / HTTP/1.1\r\nX: ".utf8)
        let endless = try await RawConnection(port: port).exchange(header, piece: piece, times: 30)
        #expect(endless.status == 431, "\(endless)")
        #expect(before > 0)
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 40_000)
    }

    @Test("a result is taken once, from the instance that serves the invocation")
    func results() async throws {
        let workspace = try Workspace()
        let (daemon, port) = try await start(workspace)
        let token = try await workspace.token(for: "caller")
        func call(
            _ method: String,
            _ suffix: String,
            _ headers: [String: String] = [:],
            of function: String = Self.caller,
            body: String = ""
        ) async throws -> RawAnswer {
            try await send(
                LegacyRequest(method, function, suffix, token: token, headers, body: body).bytes,
                to: port
            )
        }
        #expect(try await call("PUT", "/initialized", body: "{").status == 400)
        #expect(try await call("PUT", "/initialized", body: #"{"Success": true}"#).status == 200)
        let invoker = try Program(
            Workspace.trellis,
            ["lambda", "invoke", "-n", "caller", "-p", "{}", "--root", workspace.root]
        )
        let work = try await call("GET", "/work")
        let id = ["X-Amz-InvocationId": try #require(work.header("X-Amz-InvocationId"), "\(work)")]
        let other = "\(Workspace.account)python:1"
        #expect(try await call("POST", "/work", body: "1").body.contains("X-Amz-InvocationId is missing"))
        #expect(try await call("POST", "/work", ["X-Amz-InvocationId": "x"], body: "1").status == 404)
        #expect(try await call("POST", "/work", id, of: other, body: "1").status == 403)
        #expect(try await call("POST", "/work", id, body: "1").status == 200)
        #expect(try await call("POST", "/work", id, body: "2").body.contains("does not serve invocation"))
        let unknown = try await call("GET", "", ["X-Amz-InvocationId": "x"])
        #expect(unknown.status == 404)
        #expect(unknown.body.contains("no result for invocation x"), "\(unknown)")
        #expect(try await invoker.end() == 0)
        #expect(invoker.lines == ["1"])
        withExtendedLifetime(daemon) {}
    }

    @Test("ten thousand connections, and half-sent heads on some, leave functions and then others served")
    func flood() async throws {
        let workspace = try Workspace()
        // Of so many files the daemon serves four hundred connections, and refuses as many.
        let (daemon, port) = try await start(workspace, openFilesMax: 1_700)
        let publish = "result = iot.publish(topic='a/b', payload='1')"
        #expect(try await workspace.result(of: publish) == "None")
        let flood = try Program("/usr/bin/env", ["python3", "-c", Self.flood, "\(port)"])
        try await flood.line(with: "connected")
        #expect(try await workspace.result(of: publish) == "None")
        flood.signal(SIGUSR1)
        #expect(try await flood.end() == 0, "\(flood.lines)")
        #expect(flood.lines.last == "each was served, refused or closed", "\(flood.lines)")
        var after: Int?
        repeat {
            // Closing them takes the daemon a moment.
            after = try await send(Array("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".utf8), to: port).status
        } while after == 503
        #expect(after == 404)
        #expect(try await workspace.result(of: publish) == "None")
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB < 250_000)
    }

    /// Connects as often as it may, waits for a signal, and asks for something on every hundredth connection.
    private static let flood = """
        import resource, signal, socket, sys

        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        peers = []
        for number in range(min(10_000, hard - 100)):
            peer = socket.socket()
            peer.setblocking(False)
            peer.connect_ex(('127.0.0.1', int(sys.argv[1])))
            peers.append(peer)
        for peer in peers[::100]:
            peer.settimeout(30)
            try:
                peer.sendall(b'GET / HT')
            except OSError:
                pass
        print('connected', flush=True)
        signal.sigwait([signal.SIGUSR1])
        for peer in peers[::100]:
            try:
                peer.sendall(b'TP/1.1\\r\\nConnection: close\\r\\n\\r\\n')
                answer = peer.recv(1_000)
            except ConnectionError:
                answer = b''
            assert not answer or answer[:12] in (b'HTTP/1.1 404', b'HTTP/1.1 503', b'HTTP/1.1 408'), answer
        print('each was served, refused or closed')
        """
}
