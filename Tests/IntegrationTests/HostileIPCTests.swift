import EventStream
import Foundation
import TestSupport
import Testing

/// What anybody who has a token, or has none, may send to the Greengrass IPC.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(2))) struct HostileIPCTests {
    static let anything = """
        {"*": {"aws.greengrass.ipc.pubsub": {"all": {"operations": ["*"], "resources": ["*"]}}}}
        """

    /// A daemon, and a component that the test speaks for.
    private func start(_ workspace: Workspace) async throws -> (daemon: Program, address: IPCAddress) {
        let daemon = try await workspace.startDaemon(waiting: ["peer"], accessControl: Self.anything)
        return (daemon, try await workspace.address(of: "peer"))
    }

    /// Expects that a client is told why its connection ends after `bytes`, and that others go on.
    private static func expectEnd(
        after bytes: [UInt8],
        _ name: String,
        _ address: IPCAddress,
        beside other: RawIPCClient
    ) throws {
        let client = try RawIPCClient(connected: address)
        client.send(bytes)
        let end = try client.next()
        try check(end.type == 6 && end.streamID == 0, "\(name): \(end)")
        try check(end.text.hasPrefix(#"{"message":"#), "\(name): \(end.text)")
        try other.publish("a/b")
    }

    @Test("messages that come in two parts, cut anywhere, or many at once are answered like others")
    func cut() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let connect = EventStreamMessage.connect(token: address.token).bytes
            for count in 1..<connect.count {
                let client = try RawIPCClient(address)
                client.send(connect, cutAt: count)
                try check(try client.next().flags == 1, "CONNECT, cut at \(count)")
            }
            let client = try RawIPCClient(connected: address)
            for count in 1..<EventStreamMessage.publish("a/b", streamID: 1).bytes.count {
                let streamID = client.nextStreamID()
                client.send(EventStreamMessage.publish("a/b", streamID: streamID).bytes, cutAt: count)
                try check(try client.next().isResponse(to: "PublishToTopic", on: streamID), "cut at \(count)")
            }
            let streams = (0..<500).map { _ in client.nextStreamID() }
            client.send(streams.flatMap { EventStreamMessage.publish("a/b", streamID: $0).bytes })
            for streamID in streams {
                let answer = try client.next()
                try check(answer.isResponse(to: "PublishToTopic", on: streamID), "\(answer)")
            }
            // A client may be too eager to wait until it is accepted.
            let eager = try RawIPCClient(address)
            eager.send(connect + EventStreamMessage.publish("a/b", streamID: eager.nextStreamID()).bytes)
            try check(try eager.next().flags == 1, "CONNECT and a request together")
            try check(try eager.next().isResponse(to: "PublishToTopic", on: 1), "the request after CONNECT")
        }
        #expect(!daemon.lines.contains { $0.contains("[ERROR]") }, "\(daemon.lines)")
    }

    @Test("a byte that is not as it was sent ends the connection, wherever it is, and no other")
    func damaged() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let other = try RawIPCClient(connected: address)
            let bytes = EventStreamMessage.publish("a/b", streamID: 1).bytes
            for place in bytes.indices {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(place % 8)
                try Self.expectEnd(after: damaged, "byte \(place)", address, beside: other)
            }
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("lengths that lie, with right checksums, end the connection, before anything is waited for")
    func lengths() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let other = try RawIPCClient(connected: address)
            let publish = EventStreamMessage.publish("a/b", streamID: 1)
            let message = publish.bytes
            let (count, headers) = (UInt32(message.count), UInt32(message.count - 16 - publish.payload.count))
            let largest = UInt32(24 * 1024 * 1024)
            let lengths: [(UInt32, UInt32)] = [
                (0, 0), (1, 0), (15, 0), (16, 1), (16, 0), (count - 1, headers), (count, 0),
                (count, headers - 1), (count, headers + 1), (count, count - 15), (count, .max),
                (1 << 31, headers), (.max, 0), (.max, .max), (largest, largest - 15), (largest + 1, headers),
            ]
            for (count, headers) in lengths {
                let bytes = Self.rewritten(message, byteCount: count, headersByteCount: headers)
                try Self.expectEnd(after: bytes, "\(count), \(headers)", address, beside: other)
            }
            // One that is too long is noticed when the next one is taken for its end.
            let long = Self.rewritten(message, byteCount: count + 1, headersByteCount: headers)
            try Self.expectEnd(after: long + message, "one too long", address, beside: other)
        }
        withExtendedLifetime(daemon) {}
    }

    /// A message with these lengths, and the checksums that belong to them.
    private static func rewritten(_ message: [UInt8], byteCount: UInt32, headersByteCount: UInt32) -> [UInt8]
    {
        let prelude = [byteCount, headersByteCount].flatMap(bigEndian)
        var bytes = prelude + bigEndian(CRC32(of: prelude.span.bytes).value) + message[12...]
        let end = Int(byteCount)
        if end == 16 || end == bytes.count {
            let checksum = CRC32(of: Array(bytes[..<(end - 4)]).span.bytes).value
            bytes.replaceSubrange(end - 4..<end, with: bigEndian(checksum))
        }
        return bytes
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    @Test("a message of 24 MiB is taken")
    func largest() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let client = try RawIPCClient(connected: address)
            let streamID = client.nextStreamID()
            var message = EventStreamMessage.publish("a/b", streamID: streamID)
            message.payload.insert(contentsOf: #""a": "", "#.utf8, at: 1)
            let filling = 24 * 1024 * 1024 - message.bytes.count
            message.payload.insert(contentsOf: repeatElement(UInt8(ascii: "x"), count: filling), at: 7)
            client.send(message)
            let answer = try client.next()
            try check(answer.isResponse(to: "PublishToTopic", on: streamID), "\(answer)")
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("a PING is answered with its payload and with its headers that are not the protocol's")
    func ping() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let client = try RawIPCClient(connected: address)
            let further = Self.everyType
            let own: [(name: String, value: HeaderValue)] = [(":own", .string("x"))]
            let payloads: [[UInt8]] = [[], Array("payload".utf8), Array(repeating: 0xFF, count: 30_000)]
            for payload in payloads {
                let message = EventStreamMessage(
                    headers: further + EventStreamMessage.rpcHeaders(type: 2) + own,
                    payload: payload
                )
                client.send(message)
                let answer = try client.next()
                try check(answer.type == 3 && answer.flags == 0 && answer.streamID == 0, "\(answer.headers)")
                try check(answer.payload == payload, "another payload than sent")
                let echoed = answer.headers.filter { !$0.name.hasPrefix(":") }
                try check(echoed.elementsEqual(further, by: ==), "\(answer.headers)")
                try check(!answer.headers.contains { $0.name == ":own" }, "\(answer.headers)")
            }
            let long = EventStreamMessage.ping(payload: Array(repeating: 0, count: 64 * 1024)).bytes
            try Self.expectEnd(after: long, "a long PING", address, beside: client)
            // What nobody asked for is passed over.
            client.send(EventStreamMessage(headers: EventStreamMessage.rpcHeaders(type: 3)))
            try client.publish("a/b")
        }
        withExtendedLifetime(daemon) {}
    }

    static let everyType: [(name: String, value: HeaderValue)] = [
        ("yes", .bool(true)), ("no", .bool(false)), ("byte", .byte(-1)), ("int16", .int16(-2)),
        ("int32", .int32(.min)), ("int64", .int64(.max)), ("bytes", .bytes([0, 255, 3])),
        ("string", .string("grüße")), ("time", .timestamp(milliseconds: 1)), ("uuid", .uuid(1, .max)),
        (String(repeating: "n", count: 255), .string(String(repeating: "v", count: 32_767))),
    ]

    @Test("headers come in any order, in upper and lower case, and among others of all ten types")
    func headers() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        let seed = UInt64.random(in: 0 ... .max)
        try await onThread {
            let client = try RawIPCClient(connected: address)
            var random = SplitMix64(seed: seed)
            for round in 0..<300 {
                let streamID = client.nextStreamID()
                var message = EventStreamMessage.publish("a/b", streamID: streamID)
                if round % 2 == 0 {
                    message.headers += Self.everyType
                }
                if round % 3 == 0 {
                    message.headers = message.headers.map { ($0.name.uppercased(), $0.value) }
                }
                message.headers.shuffle(using: &random)
                client.send(message)
                let answer = try client.next()
                try check(
                    answer.isResponse(to: "PublishToTopic", on: streamID),
                    "seed \(seed): \(message.headers) is answered with \(answer)"
                )
            }
        }
        withExtendedLifetime(daemon) {}
    }
}

extension Workspace {
    /// Where a component that only waits finds the IPC, and who it is there.
    func address(of name: String) async throws -> IPCAddress {
        let environment = try await environment(of: name)
        guard let socket = environment[Self.socketVariable], let token = environment[Self.tokenVariable]
        else {
            throw ProgramError(description: "\(name) is not told of the IPC: \(environment)")
        }
        return IPCAddress(socket: socket, token: token)
    }
}
