import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import LambdaIPC

@Suite struct PlainRequestTests {
    /// What a request says, in the words of the fields that matter.
    private struct Meaning: Equatable {
        let method: HTTPMethod
        let uri: String
        let fields: [String: [String]]
        let isKept: Bool
        let body: String

        init(_ head: HTTPRequestHead, body: ByteBuffer) {
            method = head.method
            uri = head.uri
            let names = [
                HeaderName.token, HeaderName.clientContext, HeaderName.invocationID, HeaderName.functionError,
                HeaderName.invocationType, "Content-Length", "Transfer-Encoding", "Upgrade", "Expect",
            ]
            fields = Dictionary(uniqueKeysWithValues: names.map { ($0, head.headers[$0]) })
            isKept = head.isKeepAlive
            self.body = String(buffer: body)
        }
    }

    private static func plain(_ bytes: [UInt8]) -> Meaning? {
        var buffer = ByteBuffer(bytes: bytes)
        return PlainRequest(from: &buffer, limits: LambdaIPCLimits()).map {
            Meaning($0.head, body: $0.body)
        }
    }

    /// What the parser makes of the same bytes' first request, if that is whole.
    private static func parsed(_ bytes: [UInt8]) throws -> Meaning? {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
        // What follows the first request may be wrong.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        var head: HTTPRequestHead?
        var body = ByteBuffer()
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let next): head = next
            case .body(let part): body.writeImmutableBuffer(part)
            case .end: return head.map { Meaning($0, body: body) }
            }
        }
        return nil
    }

    private static let requests = [
        "GET /a:b/work HTTP/1.1\r\nHost: localhost\r\nAuthorization: x\r\n\r\n",
        "POST /a:b%3A1 HTTP/1.1\r\nauthorization:  x\r\nX-AMZ-INVOCATIONID: 1\r\nContent-Length: 2\r\n\r\n{}",
        "PUT /a HTTP/1.1\r\nUser-Agent: Python-urllib/3.11\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "POST /a HTTP/1.1\r\nX-Amz-Client-Context: \r\nX-Amz-Invocation-Type: Event\r\n\r\n",
    ]

    @Test("a request of an SDK is read as the parser reads it", arguments: requests)
    func same(request: String) throws {
        let meaning = try #require(Self.plain(Array(request.utf8)))
        #expect(try meaning == Self.parsed(Array(request.utf8)))
    }

    @Test("what is read of spoiled requests is what the parser reads", arguments: 0..<8 as Range<UInt64>)
    func spoiled(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            var bytes = Array(Self.requests[Int.random(in: 0..<Self.requests.count, using: &generator)].utf8)
            MalformedHTTPTests.spoil(&bytes, using: &generator)
            guard let meaning = Self.plain(bytes) else { continue }
            #expect(try meaning == Self.parsed(bytes), "seed \(seed): \(bytes)")
        }
    }

    @Test(
        "anything out of the ordinary is left to the parser",
        arguments: [
            "GET /a HTTP/1.1\r\n",
            "GET /a HTTP/1.0\r\n\r\n",
            "DELETE /a HTTP/1.1\r\n\r\n",
            "GET a HTTP/1.1\r\n\r\n",
            "GET /a?b HTTP/1.1\r\n\r\n",
            "GET  /a HTTP/1.1\r\n\r\n",
            "GET /a HTTP/1.1\n\n",
            "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n1",
            "POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1",
            "POST /a HTTP/1.1\r\nContent-Length: +1\r\n\r\n1",
            "POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n1",
            "GET /a HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            "GET /a HTTP/1.1\r\nX: y\r\n\r\n",
            "GET /a HTTP/1.1\r\nAuthorization: a \r\n\r\n",
            "GET /a HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\u{e4}\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\tb\r\n\r\n",
        ]
    )
    func notPlain(request: String) {
        #expect(Self.plain(Array(request.utf8)) == nil)
    }

    @Test("requests that come at once are taken one by one, up to what is not plain")
    func several() {
        var buffer = ByteBuffer(string: Self.requests.joined() + "GET ")
        for request in Self.requests {
            let taken = PlainRequest(from: &buffer, limits: LambdaIPCLimits())
            #expect(taken.map { Meaning($0.head, body: $0.body) } == Self.plain(Array(request.utf8)))
        }
        #expect(PlainRequest(from: &buffer, limits: LambdaIPCLimits()) == nil)
        #expect(String(buffer: buffer) == "GET ")
    }

    @Test(
        "a head is plain up to its limits",
        arguments: [(bytes: 0, fields: 0, isPlain: true), (1, 0, false), (0, 1, false)]
    )
    func limits(bytes: Int, fields: Int, isPlain: Bool) {
        var buffer = ByteBuffer(string: "GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        var limits = LambdaIPCLimits()
        limits.headBytesMax = buffer.readableBytes - bytes
        limits.headFieldCountMax = 1 - fields
        #expect((PlainRequest(from: &buffer, limits: limits) != nil) == isPlain)
    }
}
