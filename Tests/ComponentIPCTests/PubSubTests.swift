import Broker
import Components
import EventStream
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import TopicRouter

@testable import ComponentIPC

@Suite("local publish and subscribe over the IPC")
struct PubSubTests {
    private static func publish(_ topic: String, _ union: String) -> String {
        #"{"topic": "\#(topic)", "publishMessage": \#(union)}"#
    }

    private static let hi = #"{"binaryMessage": {"message": "aGk="}}"#

    @Test(
        "what is published as JSON arrives byte for byte, and as bytes as base64",
        arguments: [
            (
                #"{"jsonMessage": {"message": {"b": 1.0, "a":null , "\u00e9": [1e400, "\ud83d\ude00"]}}}"#,
                #"{"jsonMessage":{"message":{"b": 1.0, "a":null , "\u00e9": [1e400, "\ud83d\ude00"]},"#
                    + #""context":{"topic":"a/b"}}}"#
            ),
            (
                #"{"jsonMessage": {"message": { "a": [ 1 ] } }\#n}"#,
                #"{"jsonMessage":{"message":{ "a": [ 1 ] },"context":{"topic":"a/b"}}}"#
            ),
            (
                #"{"jsonMessage": {"message": {} }}"#,
                #"{"jsonMessage":{"message":{},"context":{"topic":"a/b"}}}"#
            ),
            (
                #"{"jsonMessage": {"message": "text"}}"#,
                #"{"jsonMessage":{"message":"text","context":{"topic":"a/b"}}}"#
            ),
            (
                #"{"binaryMessage": {"message": "AAEC/w==", "context": {"topic": "ignored"}}}"#,
                #"{"binaryMessage":{"message":"AAEC/w==","context":{"topic":"a/b"}}}"#
            ),
            (
                #"{"binaryMessage": {"message": "AAEC\/w=="}}"#,
                #"{"binaryMessage":{"message":"AAEC/w==","context":{"topic":"a/b"}}}"#
            ),
            (
                #"{"binaryMessage": {"message": ""}}"#,
                #"{"binaryMessage":{"message":"","context":{"topic":"a/b"}}}"#
            ),
        ]
    )
    func roundTrip(_ union: String, _ event: String) throws {
        let world = IPCWorld()
        let subscriber = try world.connect("com.example.B")
        let response = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "a/#"}"#)
        #expect(response.shape == "SubscribeToTopicResponse")
        #expect(response[":message-flags"] == .int32(0))
        let publisher = try world.connect("com.example.A")
        let answer = try publisher.ask(1, "PublishToTopic", Self.publish("a/b", union))
        #expect(answer.shape == "PublishToTopicResponse")
        #expect(answer[":message-flags"] == .int32(2))
        #expect(answer.text == "{}")
        let message = try #require(try subscriber.receive())
        #expect(message.shape == "SubscriptionResponseMessage")
        #expect(message[":content-type"] == .string("application/json"))
        #expect(message[":stream-id"] == .int32(1))
        #expect(message[":message-flags"] == .int32(0))
        #expect(message.text == event)
    }

    @Test("what others publish on the server's event loop is sent, with nobody else there")
    func otherPublisher() throws {
        let world = IPCWorld()
        let subscriber = try world.connect("com.example.A")
        _ = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "t"}"#)
        for payload in ["hi", "ho"] {
            try world.publish(payload)
        }
        world.loop.run()
        #expect(try subscriber.receiveAll().count == 2)
    }

    @Test("a large message is shared by all who get it")
    func large() throws {
        let world = IPCWorld()
        let subscribers = try (1...3).map { _ in try world.connect("com.example.B") }
        for subscriber in subscribers {
            _ = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "t"}"#)
        }
        let text = String(repeating: "x", count: 100_000)
        let publisher = try world.connect("com.example.A")
        let union = #"{"jsonMessage": {"message": {"text": "\#(text)"}}}"#
        _ = try publisher.ask(1, "PublishToTopic", Self.publish("t", union))
        for subscriber in subscribers {
            let event = try #require(try subscriber.receive())
            #expect(
                event.text == #"{"jsonMessage":{"message":{"text": "\#(text)"},"context":{"topic":"t"}}}"#
            )
        }
    }

    @Test("a topic is escaped as JSON needs it")
    func escapedTopic() throws {
        let world = IPCWorld()
        let subscriber = try world.connect("com.example.B")
        _ = try subscriber.ask(1, "SubscribeToTopic", ##"{"topic": "#"}"##)
        let publisher = try world.connect("com.example.A")
        _ = try publisher.ask(1, "PublishToTopic", Self.publish(#"a\"\\\n/\u00e9"#, Self.hi))
        let event = try #require(try subscriber.receive())
        #expect(event.text == #"{"binaryMessage":{"message":"aGk=","context":{"topic":"a\"\\\u000a/é"}}}"#)
    }

    @Test(
        "what can't be published is refused with the reason",
        arguments: [
            ("{}", "InvalidArgumentsError", "Publish topic is required"),
            ("[]", "InvalidArgumentsError", "no JSON object"),
            ("{", "InvalidArgumentsError", "no JSON"),
            (#"{"topic": 1}"#, "InvalidArgumentsError", "topic must be a string"),
            (publish("a/+", hi), "InvalidArgumentsError", "Publish topic must not contain a wildcard."),
            (publish("a/#", hi), "InvalidArgumentsError", "Publish topic must not contain a wildcard."),
            (publish("a*", hi), "InvalidArgumentsError", "Publish topic must not contain a wildcard."),
            (publish("", hi), "InvalidArgumentsError", "topic"),
            (#"{"topic": "t"}"#, "InvalidArgumentsError", "publishMessage is required"),
            (publish("t", "{}"), "InvalidArgumentsError", "either"),
            (
                publish("t", #"{"binaryMessage": {}}"#), "InvalidArgumentsError",
                "binaryMessage.message is required"
            ),
            (publish("t", #"{"binaryMessage": {"message": "a"}}"#), "InvalidArgumentsError", "base64"),
            (
                publish("t", #"{"binaryMessage": {"message": "aGk="}, "jsonMessage": {"message": {}}}"#),
                "InvalidArgumentsError", "either"
            ),
        ]
    )
    func refused(_ payload: String, _ shape: String, _ reason: String) throws {
        let peer = try IPCWorld().connect("com.example.A")
        let answer = try peer.ask(1, "PublishToTopic", payload)
        #expect(answer.shape == shape)
        #expect(answer.text.contains(reason), "\(answer.text)")
        #expect(peer.isOpen)
    }

    @Test("who may not publish or subscribe is told so; a policy that comes later counts at once")
    func authorization() throws {
        let world = IPCWorld(allowing: ["aws.greengrass.ipc.pubsub": ["mine", "mine/#"]])
        let peer = try world.connect("com.example.A")
        #expect(
            try peer.ask(1, "PublishToTopic", Self.publish("mine", Self.hi)).shape == "PublishToTopicResponse"
        )
        #expect(
            try peer.ask(2, "SubscribeToTopic", #"{"topic": "mine/#"}"#).shape == "SubscribeToTopicResponse"
        )
        for (streamID, topic) in [(Int32(3), "mine/a"), (4, "other")] {
            let answer = try peer.ask(streamID, "PublishToTopic", Self.publish(topic, Self.hi))
            #expect(answer.shape == "UnauthorizedError")
            #expect(answer.text.contains("com.example.A is not authorized to perform"))
        }
        world.hub.services.policies.replace(with: [])
        #expect(try peer.ask(5, "PublishToTopic", Self.publish("mine", Self.hi)).shape == "UnauthorizedError")
    }

    @Test(
        "a subscriber is spared its own messages as receiveMode and its filter say",
        arguments: [
            ("t", nil, true), ("#", nil, false), ("t", "RECEIVE_MESSAGES_FROM_OTHERS", false),
            ("#", "RECEIVE_ALL_MESSAGES", true),
        ] as [(String, String?, Bool)]
    )
    func receiveMode(_ filter: String, _ mode: String?, isReceived: Bool) throws {
        let world = IPCWorld()
        let subscriber = try world.connect("com.example.A")
        let member = mode.map { #", "receiveMode": "\#($0)""# } ?? ""
        _ = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "\#(filter)"\#(member)}"#)
        // Another connection of the same component.
        let publisher = try world.connect("com.example.A")
        _ = try publisher.ask(1, "PublishToTopic", Self.publish("t", Self.hi))
        #expect(try subscriber.receiveAll().count == (isReceived ? 1 : 0))
        let other = try world.connect("com.example.B")
        _ = try other.ask(1, "PublishToTopic", Self.publish("t", Self.hi))
        #expect(try subscriber.receiveAll().count == 1)
    }

    @Test("overlapping subscriptions of a client each get the message, and the response comes first")
    func overlapping() throws {
        let world = IPCWorld()
        let peer = try world.connect("com.example.A")
        try peer.request(1, "SubscribeToTopic", #"{"topic": "a/b"}"#)
        try peer.request(2, "SubscribeToTopic", #"{"topic": "a/+", "receiveMode": "RECEIVE_ALL_MESSAGES"}"#)
        try peer.request(3, "PublishToTopic", Self.publish("a/b", Self.hi))
        let shapes = try peer.receiveAll().map(\.shape)
        #expect(shapes.prefix(2) == ["SubscribeToTopicResponse", "SubscribeToTopicResponse"])
        #expect(shapes.count { $0 == "SubscriptionResponseMessage" } == 2)
    }

    @Test("what a client does not read is bounded, then lost and counted; others lose nothing")
    func slowReader() throws {
        var limits = ComponentIPCLimits()
        limits.queueCountMax = 10
        let world = IPCWorld(limits: limits)
        let subscriber = try world.connect("com.example.B")
        _ = try subscriber.ask(1, "SubscribeToTopic", #"{"topic": "t"}"#)
        let publisher = try world.connect("com.example.A")
        // All in one burst, so that nothing is written between.
        try publisher.send(
            (1...25).flatMap {
                EventStreamMessage.request($0, "PublishToTopic", Self.publish("t", Self.hi)).bytes
            }
        )
        #expect(try publisher.receiveAll().count == 25)
        #expect(try subscriber.receiveAll().count == 10)
        #expect(world.hub.lostMessageCount == 15)
        _ = try publisher.ask(26, "PublishToTopic", Self.publish("t", Self.hi))
        #expect(try subscriber.receiveAll().count == 1)
    }
}
