import EventStream
import Foundation
import TestSupport
import Testing

/// Messages of the Greengrass IPC that are whole, and still none that a client should send.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(2))) struct HostileIPCStreamTests {
    /// What is sent on a connection that is accepted, after one request.
    private struct Case {
        let name: String
        let messages: [EventStreamMessage]

        init(_ name: String, _ messages: EventStreamMessage...) {
            (self.name, self.messages) = (name, messages)
        }
    }

    private func start(_ workspace: Workspace) async throws -> (daemon: Program, address: IPCAddress) {
        let daemon = try await workspace.startDaemon(
            waiting: ["peer"],
            accessControl: HostileIPCTests.anything
        )
        return (daemon, try await workspace.address(of: "peer"))
    }

    private static func message(
        type: Int32,
        flags: Int32 = 0,
        streamID: Int32,
        payload: String = ""
    ) -> EventStreamMessage {
        EventStreamMessage(
            headers: EventStreamMessage.rpcHeaders(type: type, flags: flags, streamID: streamID),
            payload: Array(payload.utf8)
        )
    }

    private static func without(_ name: String, _ message: EventStreamMessage) -> EventStreamMessage {
        EventStreamMessage(headers: message.headers.filter { $0.name != name }, payload: message.payload)
    }

    private static let wrong = [
        Case("a stream is left out", .publish("a/b", streamID: 3)),
        Case("the last stream number", .publish("a/b", streamID: .max)),
        Case("a negative stream", .publish("a/b", streamID: -1)),
        Case("the least stream number", .publish("a/b", streamID: .min)),
        Case("a request on the connection itself", .publish("a/b", streamID: 0)),
        Case("a stream that is closed", .publish("a/b", streamID: 1)),
        Case("an answer that nobody asked for", message(type: 1, streamID: 1)),
        Case("a PING on a stream", message(type: 2, streamID: 2)),
        Case("CONNECT on a stream", message(type: 4, streamID: 2)),
        Case("a type that is none", message(type: 8, streamID: 0)),
        Case("a type that is none on a stream", message(type: -1, streamID: 2)),
        Case("CONNECT again", .connect(token: "x")),
        Case("CONNECT_ACK", message(type: 5, flags: 1, streamID: 0)),
        Case("no type", without(":message-type", .publish("a/b", streamID: 2))),
        Case("no flags", without(":message-flags", .publish("a/b", streamID: 2))),
        Case("no stream", without(":stream-id", .publish("a/b", streamID: 2))),
        Case("no operation", without("operation", .publish("a/b", streamID: 2))),
        Case("no headers at all", EventStreamMessage()),
        Case(
            "a type that is a text",
            EventStreamMessage(headers: [
                (":message-type", .string("0")), (":message-flags", .int32(0)), (":stream-id", .int32(2)),
            ])
        ),
    ]

    @Test("what breaks the order of messages ends the connection, with a word on why, and no other")
    func wrong() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let other = try RawIPCClient(connected: address)
            for each in Self.wrong {
                let client = try RawIPCClient(connected: address)
                try client.publish("a/b")
                client.send(each.messages.flatMap(\.bytes))
                let end = try client.next()
                try check(end.type == 6 && end.flags == 0 && end.streamID == 0, "\(each.name): \(end)")
                try other.publish("a/b")
            }
            // Who does not close then is disconnected, and nothing further is answered.
            let client = try RawIPCClient(connected: address)
            client.send(EventStreamMessage().bytes + EventStreamMessage.publish("a/b", streamID: 1).bytes)
            try check(try client.rest().map(\.type) == [6], "an answer after the end")
        }
        #expect(!daemon.lines.contains { $0.contains("[ERROR]") }, "\(daemon.lines)")
    }

    @Test("who is not accepted is told so, and sends nothing further")
    func refused() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let other = try RawIPCClient(connected: address)
            let token = address.token
            let deep = String(repeating: "[", count: 50_000)
            let connects: [EventStreamMessage] = [
                .connect(token: "x"), .connect(token: ""), .connect(token: token + "x"),
                .connect(token: String(token.dropLast())), .connect(token: token, version: nil),
                .connect(token: token, version: "0.1.1"), .connect(token: token, version: ""),
                .connect(payload: ""), .connect(payload: "{}"), .connect(payload: "null"),
                .connect(payload: #"{"authToken": null}"#), .connect(payload: #"{"authToken": 7}"#),
                .connect(payload: #"{"authToken": ["\#(token)"]}"#), .connect(payload: deep),
                .connect(payload: #"{"authToken": "\#(token)""#),
                .connect(payload: #"{"token": "\#(token)"}"#),
            ]
            func expectRefusal(_ bytes: [UInt8], _ type: Int32) throws {
                let client = try RawIPCClient(address)
                client.send(bytes)
                let answer = try client.next()
                try check(answer.type == type && answer.flags == 0 && answer.streamID == 0, "\(answer)")
                try other.publish("a/b")
            }
            for connect in connects {
                try expectRefusal(connect.bytes, 5)
            }
            let early: [EventStreamMessage] = [
                .publish("a/b", streamID: 1), .ping(), .terminate(1), Self.message(type: 6, streamID: 0),
                // Who is not known yet may not take as much memory as others.
                .connect(token: String(repeating: "x", count: 1_000_000)),
            ]
            for message in early {
                try expectRefusal(message.bytes, 6)
            }
            // Nothing that follows is looked at.
            let client = try RawIPCClient(address)
            let connect = EventStreamMessage.connect(token: "x")
            client.send(connect.bytes + EventStreamMessage.publish("a/b", streamID: 1).bytes)
            try check(try client.rest().map(\.type) == [5], "an answer after the refusal")
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("a request that can't be served is answered with an error of the model, and others are served")
    func errors() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let client = try RawIPCClient(connected: address)
            func expectError(_ shape: String, _ operation: String, _ payload: String) throws {
                let streamID = client.nextStreamID()
                client.send(.request(operation, payload, streamID: streamID))
                let answer = try client.next()
                let name = "\(operation.prefix(100)) \(payload.prefix(100))"
                try check(answer.isError(shape, on: streamID), "\(name): \(answer)")
            }
            let message = #""publishMessage": {"jsonMessage": {"message": {}}}"#
            let payloads = [
                "", " ", "{", "[]", "null", "7", #""x""#, "{}x", "{,}", #"{"topic"}"#, "\u{FEFF}{}",
                String(repeating: "[", count: 100_000), "{\(message)}", #"{"topic": 7, \#(message)}"#,
                #"{"topic": "a\u0000b", \#(message)}"#,
            ]
            for payload in payloads {
                try expectError("InvalidArgumentsError", "PublishToTopic", payload)
            }
            let messages = [
                "[]", "7", "{}", #"{"other": {}}"#, #"{"jsonMessage": {}}"#, #"{"jsonMessage": []}"#,
                #"{"binaryMessage": {"message": "%"}}"#, #"{"binaryMessage": {"message": "YQ"}}"#,
                #"{"binaryMessage": {"message": 7}}"#, #"{"jsonMessage": {}, "binaryMessage": {}}"#,
            ]
            for message in messages {
                let payload = #"{"topic": "a/b", "publishMessage": \#(message)}"#
                try expectError("InvalidArgumentsError", "PublishToTopic", payload)
            }
            let long = String(repeating: "x", count: 30_000)
            for operation in ["Nothing", "", "publishToTopic", "PublishToTopic ", long] {
                try expectError("ServiceError", operation, "{}")
            }
            let streamID = client.nextStreamID()
            var garbled = EventStreamMessage.publish("a/b", streamID: streamID)
            garbled.payload = garbled.payload.map { $0 == UInt8(ascii: "b") ? 0xFF : $0 }
            client.send(garbled)
            try check(try client.next().isError("InvalidArgumentsError", on: streamID), "no UTF-8")
            try client.publish("a/b")
        }
        #expect(!daemon.lines.contains { $0.contains("[ERROR]") }, "\(daemon.lines)")
    }

    @Test("streams that both sides end, that end before they begin, or that are open already do no harm")
    func terminations() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let other = try RawIPCClient(connected: address)
            let client = try RawIPCClient(connected: address)
            // An answered stream, twice; one that never began; and one that is to end as it begins.
            try client.publish("a/b")
            client.send(EventStreamMessage.terminate(1).bytes + EventStreamMessage.terminate(1).bytes)
            client.send(.terminate(client.nextStreamID()))
            var stillborn = EventStreamMessage.publish("a/b", streamID: client.nextStreamID())
            stillborn.headers = stillborn.headers.map {
                $0.name == ":message-flags" ? ($0.name, .int32(2)) : $0
            }
            client.send(stillborn)
            try client.publish("a/b")
            // A further message on an open stream means nothing.
            let open = try client.subscribe("race/open")
            client.send(.publish("a/b", streamID: open))
            try client.publish("a/b")
            client.send(.terminate(open))
            // Subscriptions that end at once, while messages for them are on their way.
            let first = client.lastStreamID + 1
            for _ in 0..<1_000 {
                let streamID = client.nextStreamID()
                client.send(
                    EventStreamMessage.subscribe("race/#", streamID: streamID).bytes
                        + EventStreamMessage.terminate(streamID).bytes
                )
                try other.publish("race/a")
            }
            client.send(.ping(payload: [1]))
            var responses = first
            while case let message = try client.next(), message.type != 3 {
                // After the response there may be the event of a message that came before the end.
                if message.modelType == "aws.greengrass#SubscribeToTopicResponse" {
                    try check(message.streamID == responses, "\(message)")
                    responses += 1
                }
            }
            try check(responses == client.lastStreamID + 1, "\(responses) of \(client.lastStreamID)")
            // None of them is left.
            let kept = try client.subscribe("race/#")
            try other.publish("race/a")
            try check(try client.next().streamID == kept, "an event of a stream that has ended")
            try client.publish("a/b")
        }
        #expect(!daemon.lines.contains { $0.contains("[ERROR]") }, "\(daemon.lines)")
    }
}
