import Broker
import Components
import EventStream
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import TopicRouter

@testable import ComponentIPC

@Suite("the life of a connection to the IPC")
struct SessionTests {
    @Test("a token connects; anything else gets the same refusal, and the connection ends")
    func connect() throws {
        let world = IPCWorld()
        _ = try world.connect("com.example.A")
        let token = world.tokens.issue(for: Identity(componentName: "com.example.A", instance: 1))
        let refused: [EventStreamMessage] = [
            .connect(token: "wrong"), .connect(token: ""), .connect(token: token, version: "0.2.0"),
            .rpc(type: 4, stream: 0, payload: #"{"authToken": "\#(token)"}"#),
            .rpc(type: 4, stream: 0, headers: [(":version", .string("0.1.0"))], payload: "no JSON"),
            .rpc(type: 4, stream: 0, headers: [(":version", .string("0.1.0"))], payload: "[]"),
            .rpc(
                type: 4,
                stream: 0,
                headers: [(":version", .string("0.1.0"))],
                payload: #"{"componentName": "com.example.A"}"#
            ),
        ]
        for message in refused {
            let peer = try world.connect()
            try peer.send(message)
            let ack = try #require(try peer.receive())
            #expect(ack[":message-type"] == .int32(5))
            #expect(ack[":message-flags"] == .int32(0))
            try world.expectClosing(peer)
        }
    }

    @Test(
        "who breaks the protocol is told how, and disconnected",
        arguments: [
            ("a request before CONNECT", [EventStreamMessage.request(1, "PublishToTopic", "{}")], false),
            ("PING before CONNECT", [.rpc(type: 2, stream: 0)], false),
            ("a second CONNECT", [.connect(token: "x")], true),
            ("a gap between streams", [.request(2, "ListComponents", "{}")], true),
            ("a negative stream", [.request(-1, "ListComponents", "{}")], true),
            ("no operation", [.rpc(type: 0, stream: 1)], true),
            ("an unknown type on a stream", [.rpc(type: 8, stream: 1)], true),
            ("an unknown type on the connection", [.rpc(type: 99, stream: 0)], true),
            ("a message on a closed stream", [.end(1), .rpc(type: 0, stream: 1)], true),
            ("no headers", [EventStreamMessage()], true),
        ]
    )
    func violation(_ name: String, _ messages: [EventStreamMessage], isConnected: Bool) throws {
        let world = IPCWorld()
        let peer = isConnected ? try world.connect("com.example.A") : try world.connect()
        for message in messages {
            try peer.send(message)
        }
        let error = try #require(try peer.receive())
        #expect(error[":message-type"] == .int32(6))
        #expect(error[":stream-id"] == .int32(0))
        #expect(error.text.hasPrefix(#"{"message":""#))
        try world.expectClosing(peer)
    }

    @Test("PING is answered with its payload and its own headers")
    func ping() throws {
        let peer = try IPCWorld().connect("com.example.A")
        try peer.send(
            .rpc(
                type: 2,
                stream: 0,
                headers: [("a", .string("b")), (":c", .bool(true)), ("d", .uuid(1, 2))],
                payload: "echo"
            )
        )
        let answer = try #require(try peer.receive())
        #expect(answer[":message-type"] == .int32(3))
        #expect(answer["a"] == .string("b"))
        #expect(answer["d"] == .uuid(1, 2))
        #expect(answer[":c"] == nil)
        #expect(answer.text == "echo")
        #expect(peer.isOpen)
    }

    @Test("messages may come in any pieces, and several at once")
    func pieces() throws {
        let world = IPCWorld()
        let subscriber = try world.connect("com.example.B")
        _ = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "t"}"#)
        let payload = #"{"topic": "t", "publishMessage": {"binaryMessage": {"message": "aGk="}}}"#
        let bytes = (1...3).flatMap { EventStreamMessage.request($0, "PublishToTopic", payload).bytes }
        for size in [1, 2, 3, 7, 11, 12, 13, 100, bytes.count] {
            let publisher = try world.connect("com.example.A")
            for start in stride(from: 0, to: bytes.count, by: size) {
                try publisher.send(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(
                try publisher.receiveAll().map(\.shape)
                    == Array(repeating: "PublishToTopicResponse", count: 3)
            )
            #expect(try subscriber.receiveAll().count == 3)
        }
    }

    @Test("no CONNECT in time ends the connection")
    func timeout() throws {
        let world = IPCWorld()
        let peer = try world.connect()
        let patient = try world.connect("com.example.A")
        world.loop.advanceTime(by: .seconds(11))
        #expect(!peer.isOpen)
        #expect(patient.isOpen)
    }

    @Test("a client that does not read its answers is not read any further, and loses none")
    func unreadAnswers() throws {
        var limits = ComponentIPCLimits()
        limits.unreadBytesMax = 1_000
        let world = IPCWorld(limits: limits)
        let peer = try world.connect("com.example.A")
        var bytes: [UInt8] = []
        for streamID in 1...100 {
            bytes += EventStreamMessage.request(Int32(streamID), "ListComponents", "{}").bytes
        }
        // All in one read: most of them must wait until the first answers are written.
        try peer.send(bytes)
        world.loop.run()
        let answers = try peer.receiveAll()
        #expect(answers.count == 100)
        #expect(answers.last?[":stream-id"] == .int32(100))
    }

    @Test("a client that never reads its answers is disconnected; one that reads some of them is not")
    func stalledClient() throws {
        var limits = ComponentIPCLimits()
        limits.unreadBytesMax = 1_000
        let world = IPCWorld(limits: limits)
        let peer = try world.connect("com.example.A")
        let clog = Clog()
        try peer.channel.pipeline.syncOperations.addHandler(clog, position: .first)
        for streamID in 1...100 {
            try peer.send(.request(Int32(streamID), "ListComponents", "{}"))
        }
        world.loop.advanceTime(by: .seconds(9))
        clog.release()
        world.loop.advanceTime(by: .seconds(9))
        #expect(peer.isOpen)
        world.loop.advanceTime(by: .seconds(11))
        #expect(!peer.isOpen)
    }

    @Test("a subscriber that reads nothing while messages are lost to it is disconnected")
    func stalledSubscriber() throws {
        var limits = ComponentIPCLimits()
        limits.queueCountMax = 2
        let world = IPCWorld(limits: limits)
        let subscriber = try world.connect("com.example.B")
        _ = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "t"}"#)
        try subscriber.channel.pipeline.syncOperations.addHandler(Clog(), position: .first)
        for _ in 0..<3 {
            try world.publish()
            world.loop.run()
        }
        #expect(world.hub.lostMessageCount == 1)
        world.loop.advanceTime(by: .seconds(11))
        #expect(!subscriber.isOpen)
    }

    @Test("what others have not read leaves each client a little room")
    func crowd() throws {
        var limits = ComponentIPCLimits()
        limits.allQueuesBytesMax = 100
        let world = IPCWorld(limits: limits)
        let subscriber = try world.connect("com.example.B")
        _ = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "t"}"#)
        world.hub.queuedByteCount = 1_000_000
        try world.publish()
        world.loop.run()
        #expect(try subscriber.receiveAll().count == 1)
        #expect(world.hub.lostMessageCount == 0)
    }

    @Test("of the connections that nobody knows, the oldest give way")
    func unknownConnections() throws {
        var limits = ComponentIPCLimits()
        limits.unknownCountMax = 3
        let world = IPCWorld(limits: limits)
        let known = try world.connect("com.example.A")
        let peers = try (0..<5).map { _ in try world.connect() }
        world.loop.run()
        #expect(peers.map(\.isOpen) == [false, false, true, true, true])
        #expect(known.isOpen)
    }

    @Test("a long PING is not echoed")
    func longPing() throws {
        let peer = try IPCWorld().connect("com.example.A")
        try peer.send(.rpc(type: 2, stream: 0, payload: String(repeating: "x", count: 65_536)))
        #expect(try peer.receive()?[":message-type"] == .int32(6))
    }

    @Test("a stream's end is tolerated in whatever state the stream is")
    func end() throws {
        let world = IPCWorld()
        let peer = try world.connect("com.example.A")
        try peer.send(.end(1))
        _ = try peer.ask(2, "SubscribeToTopic", #"{"topic": "t"}"#)
        try peer.send(.end(2))
        try peer.send(.end(2))
        let outcome = try world.publish()
        guard case .accepted(targets: 0, _) = outcome else {
            Issue.record("it is subscribed still: \(outcome)")
            return
        }
        #expect(peer.isOpen)
        #expect(try peer.ask(3, "ListComponents").shape == "ListComponentsResponse")
    }

    @Test("an operation that nobody knows, and those of other plugins, are answered with a ServiceError")
    func unknownOperations() throws {
        let peer = try IPCWorld().connect("com.example.A")
        for (index, name) in ["Nonsense", "GetThingShadow", "GetSecretValue", "CreateLocalDeployment"]
            .enumerated()
        {
            let answer = try peer.ask(Int32(index + 1), name)
            #expect(answer.shape == "ServiceError")
            #expect(answer[":message-type"] == .int32(1))
            #expect(answer[":message-flags"] == .int32(2))
            #expect(answer.text.contains(#""_errorCode":"ServiceError""#))
        }
    }
}

/// Keeps what is written, as a client does that does not read.
private final class Clog: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        promises += [promise].compactMap(\.self)
    }

    /// Reads what was written until now.
    func release() {
        let promises = promises
        self.promises = []
        for promise in promises {
            promise.succeed()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for promise in promises {
            promise.fail(ChannelError.ioOnClosedChannel)
        }
    }
}
