import LambdaManager
import NIOCore
import NIOPosix
import Testing

@testable import LambdaIPC

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    @Test("a wrong token is answered before the body, and the text says where the token comes from")
    func wrongToken() async throws {
        try await LegacyAPI.run { api in
            try await Connection.open(port: api.port) { connection in
                try await connection.send(
                    "POST \(LegacyAPI.router) HTTP/1.1\r\nAuthorization: no\r\nContent-Length: 1000\r\n\r\n"
                )
                let answer = try await connection.response()
                #expect(answer.statusLine == "HTTP/1.1 403 Forbidden")
                #expect(answer.headers["connection"] == "close")
                #expect(answer.body.contains("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
                #expect(!answer.body.hasSuffix("\n"))
            }
        }
    }

    @Test("the path is looked at before the token, the token before the length")
    func order() async throws {
        try await LegacyAPI.run { api in
            try await api.expect(404, LegacyAPI.request("GET", "/", token: nil))
            let path = LegacyAPI.router
            try await api.expect(405, LegacyAPI.request("PUT", path, token: nil))
            let tooLong = ["Content-Length": "6291457"]
            try await api.expect(403, LegacyAPI.request("POST", path, token: "x", tooLong))
            let answer = try await api.answer(
                to: LegacyAPI.request("POST", path, token: api.alphaToken, tooLong)
            )
            #expect(answer.statusLine == "HTTP/1.1 413 Payload Too Large")
        }
    }

    @Test("the largest body is taken, and a client that sends more before it reads still gets its 413")
    func bodyLimit() async throws {
        try await LegacyAPI.run { api in
            let largest = String(repeating: "x", count: 6 * 1024 * 1024)
            try await api.expect(202, api.publish(payload: largest))
            try await api.expect(413, api.publish(payload: largest + "x"))
        }
    }

    @Test("a chunked body is counted while it is read", arguments: [(9, 400), (11, 413)])
    func chunkedBody(length: Int, status: Int) async throws {
        var limits = LambdaIPCLimits()
        limits.bodyBytesMax = 10
        try await LegacyAPI.run(limits: limits) { api in
            let head = LegacyAPI.request(
                "POST",
                LegacyAPI.router,
                token: api.alphaToken,
                ["Transfer-Encoding": "chunked"]
            )
            let chunks = String(repeating: "1\r\nx\r\n", count: length) + "0\r\n\r\n"
            try await api.expect(status, head + chunks)
        }
    }

    @Test("bodies that are held back are bounded together, until they are whole")
    func heldBodies() async throws {
        var limits = LambdaIPCLimits()
        limits.allBodiesBytesMax = 10
        try await LegacyAPI.run(limits: limits) { api in
            try await Connection.open(port: api.port) { holder in
                let length = ["Content-Length": "9"]
                let head = LegacyAPI.request("POST", LegacyAPI.router, token: api.alphaToken, length)
                // The answer to the first comes once what follows it was read.
                try await holder.send(api.publish(topic: "nobody") + head + "12345678")
                #expect(try await holder.response().status == 400)
                let answer = try await api.answer(to: api.publish(payload: "123"))
                #expect(answer.status == 503)
                #expect(answer.body.contains("at most 10 bytes of bodies are under way"), "\(answer)")
                try await holder.send("9")
                #expect(try await holder.response().status == 400)
                try await api.expect(202, api.publish(payload: "123"))
            }
        }
    }

    @Test("too large headers are 431", arguments: [66_000, 90_000, 500_000])
    func largeHeader(length: Int) async throws {
        try await LegacyAPI.run { api in
            let headers = ["X-Amz-Client-Context": String(repeating: "a", count: length)]
            let answer = try await api.answer(
                to: LegacyAPI.request("POST", LegacyAPI.router, token: "x", headers)
            )
            #expect(answer.statusLine == "HTTP/1.1 431 Request Header Fields Too Large")
            #expect(answer.body.contains("65536"))
        }
    }

    @Test("too many headers are 431, however short")
    func manyHeaders() async throws {
        try await LegacyAPI.run { api in
            let headers = Dictionary(uniqueKeysWithValues: (0..<5_000).map { ("a\($0)", "") })
            try await api.expect(431, LegacyAPI.request("GET", "/", token: nil, headers))
        }
    }

    @Test(
        "what is no HTTP/1 is 400 with a text",
        arguments: [
            "\0\0\0\0", "hello\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}",
            "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            "GET / HTTP/1.1\r\nA B: c\r\n\r\n",
            "GET / HTTP/1.1\r\n: c\r\n\r\n",
        ]
    )
    func malformed(text: String) async throws {
        try await LegacyAPI.run { api in
            let answer = try await api.answer(to: text)
            #expect(answer.statusLine == "HTTP/1.1 400 Bad Request")
            #expect(!answer.body.isEmpty)
        }
    }

    @Test(
        "how a body is framed is told apart, or refused with a text",
        arguments: [
            (["Content-Length": "0", "Transfer-Encoding": "chunked"], 400),
            (["Transfer-Encoding": "identity"], 501), (["Transfer-Encoding": "gzip, chunked"], 501),
        ] as [([String: String], Int)]
    )
    func framing(headers: [String: String], status: Int) async throws {
        try await LegacyAPI.run { api in
            let head = LegacyAPI.request("POST", LegacyAPI.router, token: api.alphaToken, headers)
            let answer = try await api.answer(to: head + "0\r\n\r\n")
            #expect(answer.status == status)
            #expect(answer.body.contains("chunked"), "\(answer)")
        }
    }

    @Test("an upgrade is refused, since the parser would keep what follows it")
    func upgrade() async throws {
        try await LegacyAPI.run { api in
            let headers = ["Upgrade": "h2c", "Connection": "Upgrade"]
            let path = "\(LegacyAPI.base)\(LegacyAPI.beta)/work"
            try await api.expect(400, LegacyAPI.request("GET", path, token: api.betaToken, headers))
        }
    }

    @Test("a connection is kept, and requests sent at once are answered in order")
    func pipelining() async throws {
        try await LegacyAPI.run { api in
            try await Connection.open(port: api.port) { connection in
                try await connection.send(api.publish() + api.publish(topic: "nobody") + api.initialized)
                #expect(try await connection.response().status == 202)
                #expect(try await connection.response().status == 400)
                #expect(try await connection.response().status == 200)
                try await connection.send(api.publish(topic: "nobody"))
                let answer = try await connection.response()
                #expect(answer.status == 400)
                #expect(answer.headers["connection"] == nil)
            }
        }
    }

    @Test("requests behind a long poll wait for it, and a flood of them is not read on")
    func pipeliningBehindLongPoll() async throws {
        try await LegacyAPI.run { api in
            try await api.expect(200, api.initialized)
            try await Connection.open(port: api.port) { worker in
                try await worker.send(api.getWork() + api.getWork())
                try await api.expect(202, api.publish(payload: "one"))
                let work = try await worker.response()
                #expect(work.body == "one")
                let id = try #require(work.headers["x-amz-invocationid"])
                try await api.expect(200, api.postResult(id))
                try await api.expect(202, api.publish(payload: "two"))
                #expect(try await worker.response().body == "two")
            }
        }
    }

    @Test("a client that asks for it has its connection closed after the answer")
    func close() async throws {
        try await LegacyAPI.run { api in
            try await Connection.open(port: api.port) { connection in
                let request = api.publish().replacing("Host:", with: "Connection: close\r\nHost:")
                try await connection.send(request)
                let answer = await connection.rest()
                #expect(answer.hasPrefix("HTTP/1.1 202 Accepted\r\n"))
                #expect(answer.contains("Connection: close\r\n"))
            }
        }
    }

    @Test("Expect: 100-continue is answered, then the request")
    func expectation() async throws {
        try await LegacyAPI.run { api in
            let request = api.publish().replacing("Host:", with: "Expect: 100-continue\r\nHost:")
            let parts = request.split(separator: "\r\n\r\n", maxSplits: 1)
            try await Connection.open(port: api.port) { connection in
                try await connection.send(parts[0] + "\r\n\r\n")
                #expect(try await connection.response().statusLine == "HTTP/1.1 100 Continue")
                try await connection.send(String(parts[1]))
                #expect(try await connection.response().status == 202)
            }
        }
    }

    @Test("a client that sends nothing is told so and its connection is closed")
    func silentClient() async throws {
        var limits = LambdaIPCLimits()
        limits.headTimeout = .milliseconds(20)
        limits.lingerTimeout = .milliseconds(20)
        try await LegacyAPI.run(limits: limits) { api in
            try await Connection.open(port: api.port) { connection in
                #expect(await connection.rest().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            }
        }
    }

    @Test("a connection past the limit is 503, one past twice the limit is closed")
    func connectionLimit() async throws {
        var limits = LambdaIPCLimits()
        limits.connectionCountMax = 1
        try await LegacyAPI.run(limits: limits) { api in
            try await Connection.open(port: api.port) { served in
                try await served.send(api.publish())
                #expect(try await served.response().status == 202)
                try await Connection.open(port: api.port) { refused in
                    try await refused.send(api.publish())
                    #expect(try await refused.response().status == 503)
                    try await Connection.open(port: api.port) { closed in
                        #expect(await closed.rest() == "")
                    }
                }
            }
        }
    }

    @Test("a port that is taken is an error that says so")
    func takenPort() async throws {
        try await LegacyAPI.run { api in
            let second = api.secondServer
            let error = await #expect(throws: LambdaIPCServerError.self) { try await second.start() }
            #expect(error?.description.contains("port \(api.port) of 127.0.0.1") == true)
            #expect(error?.description.contains("legacyIPC.port") == true)
        }
    }

    @Test("two hundred connections are served at once")
    func manyConnections() async throws {
        try await LegacyAPI.run { api in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<200 {
                    group.addTask { try await api.answer(to: api.publish()).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 202, count: 200))
        }
    }
}
