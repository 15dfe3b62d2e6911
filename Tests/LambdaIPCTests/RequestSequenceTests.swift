import NIOCore
import NIOHTTP1
import Testing

@testable import LambdaIPC

@Suite struct RequestSequenceTests {
    private typealias Sequence = RequestSequence<String>

    private static func limits(bodyBytesMax: Int = 10) -> LambdaIPCLimits {
        var limits = LambdaIPCLimits()
        limits.bodyBytesMax = bodyBytesMax
        return limits
    }

    private static func head(
        _ uri: String,
        _ headers: HTTPHeaders = [:],
        version: HTTPVersion = .http1_1
    ) -> Sequence.Input {
        .head(HTTPRequestHead(version: version, method: .POST, uri: uri, headers: headers))
    }

    /// A sequence that can be asked within an expectation.
    private final class Subject {
        var sequence: Sequence

        init(limits: LambdaIPCLimits) {
            sequence = Sequence(limits: limits)
        }

        var phase: Sequence.Phase { sequence.phase }
        var wantsInput: Bool { sequence.wantsInput }

        func receive(_ input: Sequence.Input) {
            sequence.receive(input)
        }

        func didAnswer() -> Bool {
            sequence.didAnswer()
        }

        func nextAction() -> Sequence.Action? {
            sequence.nextAction { head throws(Refusal) in
                if head.uri == "/no" { throw Refusal(.forbidden, "no") }
                return head.uri
            }
        }

        /// Takes the next action and says it in a few words; `/no` is not admitted.
        func next() -> String {
            switch nextAction() {
            case nil: "nothing"
            case .invite: "invite"
            case .serve(let call, let body): "serve \(call) \(String(buffer: body))"
            case .refuse(let refusal): "refuse \(refusal.status.code)"
            }
        }
    }

    @Test("a request is served when it is whole")
    func wholeRequest() {
        let sequence = Subject(limits: Self.limits())
        #expect(sequence.phase == .head)
        sequence.receive(Self.head("/a"))
        sequence.receive(.body(ByteBuffer(string: "one")))
        #expect(sequence.next() == "nothing")
        #expect(sequence.phase == .body)
        sequence.receive(.body(ByteBuffer(string: "two")))
        sequence.receive(.end)
        #expect(sequence.next() == "serve /a onetwo")
        #expect(sequence.phase == .nothing)
        #expect(sequence.didAnswer())
        #expect(sequence.phase == .head)
    }

    @Test("requests that come at once are served one after the other, and reading stops meanwhile")
    func pipelining() {
        let sequence = Subject(limits: Self.limits())
        for uri in ["/a", "/b"] {
            sequence.receive(Self.head(uri))
            sequence.receive(.end)
        }
        #expect(sequence.next() == "serve /a ")
        #expect(sequence.next() == "nothing")
        #expect(!sequence.wantsInput)
        #expect(sequence.didAnswer())
        #expect(sequence.next() == "serve /b ")
        #expect(sequence.wantsInput)
    }

    @Test("a refused head ends the connection, and what follows it is dropped")
    func refusedHead() {
        let sequence = Subject(limits: Self.limits())
        sequence.receive(Self.head("/no"))
        sequence.receive(.body(ByteBuffer(string: "x")))
        #expect(sequence.next() == "refuse 403")
        sequence.receive(.end)
        sequence.receive(Self.head("/a"))
        sequence.receive(.end)
        #expect(sequence.next() == "nothing")
        #expect(sequence.wantsInput)
    }

    @Test(
        "a body is taken to the last byte allowed",
        arguments: [(10, "serve /a 0123456789"), (9, "refuse 413")]
    )
    func bodyLimit(limit: Int, action: String) {
        let sequence = Subject(limits: Self.limits(bodyBytesMax: limit))
        sequence.receive(Self.head("/a"))
        for digit in 0...9 {
            sequence.receive(.body(ByteBuffer(string: "\(digit)")))
        }
        sequence.receive(.end)
        #expect(sequence.next() == action)
    }

    @Test(
        "a connection is kept as the client asks",
        arguments: [
            (HTTPVersion.http1_1, HTTPHeaders(), true),
            (.http1_1, HTTPHeaders([("Connection", "close")]), false),
            (.http1_0, HTTPHeaders(), false),
            (.http1_0, HTTPHeaders([("Connection", "keep-alive")]), false),
        ]
    )
    func keepAlive(version: HTTPVersion, headers: HTTPHeaders, isKept: Bool) {
        let sequence = Subject(limits: Self.limits())
        sequence.receive(Self.head("/a", headers, version: version))
        sequence.receive(.end)
        #expect(sequence.next() == "serve /a ")
        #expect(sequence.didAnswer() == isKept)
    }

    @Test("a client that expects it is told to go on")
    func expectation() {
        let sequence = Subject(limits: Self.limits())
        sequence.receive(Self.head("/a", ["Expect": "100-Continue"]))
        #expect(sequence.next() == "invite")
        sequence.receive(.end)
        #expect(sequence.next() == "serve /a ")
    }

    @Test("malformed input behind a request is refused after the request's answer")
    func malformedBehind() {
        let sequence = Subject(limits: Self.limits())
        sequence.receive(Self.head("/a"))
        sequence.receive(.end)
        sequence.receive(.malformed(Refusal(.badRequest, "")))
        #expect(sequence.next() == "serve /a ")
        #expect(sequence.didAnswer())
        #expect(sequence.next() == "refuse 400")
    }

    @Test("too many requests at once are bounded: the first are served, the rest refused")
    func flood() {
        let sequence = Subject(limits: Self.limits())
        for _ in 0..<1_000 {
            sequence.receive(Self.head("/a"))
            sequence.receive(.end)
        }
        var actions: [String] = []
        while case let action = sequence.next(), action != "nothing" {
            actions.append(action)
            if action.hasPrefix("serve") { _ = sequence.didAnswer() }
        }
        #expect(actions.last == "refuse 429")
        #expect(actions.count < 200)
    }

    @Test("a small body in a large buffer is copied out of it")
    func slack() throws {
        let sequence = Subject(limits: Self.limits())
        let large = ByteBuffer(repeating: 0, count: 64 * 1024)
        let small = try #require(large.getSlice(at: 0, length: 10))
        sequence.receive(Self.head("/a"))
        sequence.receive(.body(small))
        sequence.receive(.end)
        let action = sequence.nextAction()
        guard case .serve(_, let body) = action else {
            Issue.record("not served")
            return
        }
        #expect(body.storageCapacity <= 64)
    }
}
