import Broker
import GreengrassModel
import MQTTBridge
import NIOCore
import Testing
import TopicRouter

@Suite("MQTT 5", .timeLimit(.minutes(1)))
struct MQTT5Tests {
    private static let properties = MessageProperties(
        userProperties: [.init(name: "trace", value: "ä"), .init(name: "trace", value: "")],
        contentType: "text/plain",
        responseTopic: "answers/1",
        correlationData: [0, 1, 0xFF]
    )

    @Test("carries what a message says of itself, and its hops, up and down again")
    func properties() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("a"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                #expect(try test.publish("a", "one", hops: 3, properties: Self.properties) == .ok)
                #expect(try test.publish("a", "two") == .ok)
                let messages = await test.inbox.next(2)
                #expect(messages.map(\.text) == ["a one", "a two"])
                #expect(messages[0].properties == Self.properties)
                #expect(messages.map(\.hops) == [3, 0])
                #expect(messages[1].properties == nil)
            }
        }
    }

    @Test("carries a message whose texts are empty")
    func emptyProperties() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("a"))
            let empty = MessageProperties(
                userProperties: [.init(name: "", value: "")],
                contentType: "",
                responseTopic: "",
                correlationData: []
            )
            try await test.run {
                try await test.bridge.whenConnected().get()
                #expect(try test.publish("a", "one", properties: empty) == .ok)
                let message = await test.inbox.next(1)[0]
                #expect(message.text == "a one")
                #expect(message.properties?.userProperties == empty.userProperties)
                #expect(message.properties?.contentType == nil && message.properties?.responseTopic == nil)
            }
        }
    }

    @Test("refuses properties that MQTT can't carry, with the reason")
    func impossibleProperties() throws {
        let test = try TestBridge(port: 1)
        let long = String(repeating: "x", count: 65_536)
        for (properties, reason) in [
            (.init(contentType: long), "its contentType has 65536 bytes; MQTT allows 65535"),
            (
                .init(contentType: "a\nb"),
                "its contentType has control characters, which the MQTT library does not take"
            ),
            (
                .init(userProperties: [.init(name: "a\0", value: "")]),
                "its name of a user property has control characters, which the MQTT library does not take"
            ),
            (
                .init(userProperties: [.init(name: "", value: long)]),
                "its value of a user property has 65536 bytes; MQTT allows 65535"
            ),
            (
                .init(correlationData: Array(long.utf8)),
                "its correlationData has 65536 bytes; MQTT allows 65535"
            ),
        ] as [(MessageProperties, String)] {
            #expect(try test.publish("a", properties: properties) == .refused(reason))
        }
        let wildcard = try test.publish("a", properties: .init(responseTopic: "a/#"))
        #expect("\(wildcard)".contains("its responseTopic is none to publish to: the topic name has"))
        #expect(try test.publish("a", properties: Self.properties) == .ok)
        let older = try TestBridge(port: 1, configure: { $0.version = .mqtt3 })
        #expect(try older.publish("a", properties: .init(contentType: long)) == .ok)
    }

    @Test("has a retained message kept by the broker, and marks it when it comes")
    func retained() async throws {
        try await MosquittoServer.run { server in
            let first = try TestBridge(port: server.port)
            try await first.run {
                try await first.bridge.whenConnected().get()
                let properties = MessageProperties(isRetained: true)
                #expect(try first.publish("a", "kept", properties: properties) == .ok)
                _ = await first.acknowledged.next(1)
            }
            let second = try TestBridge(port: server.port, clientID: "second")
            second.bridge.cloudFiltersDidChange(try filters("a"))
            try await second.run {
                let messages = await second.inbox.next(1)
                #expect(messages.map(\.text) == ["a kept"])
                #expect(messages[0].properties?.isRetained == true)
            }
            // The session lives on, so nothing is new to it.
            let third = try TestBridge(port: server.port, clientID: "second")
            third.bridge.cloudFiltersDidChange(try filters("a", "end"))
            try await third.run {
                try await third.bridge.whenConnected().get()
                try await server.publish("end", "")
                #expect(await third.inbox.next(1).map(\.text) == ["end "])
            }
        }
    }

    @Test("tells the broker when a message expires, and sends none that has")
    func expiry() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("a"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                let now = WallClock.millisecondsSinceEpoch()
                let past = MessageProperties(expiresAtMilliseconds: now - 1)
                let future = MessageProperties(expiresAtMilliseconds: now + 3_600_000)
                #expect(try test.publish("a", "late", properties: past) == .ok)
                #expect(try test.publish("a", "fresh", properties: future) == .ok)
                #expect(await test.drops.next(1) == ["a late"])
                let message = await test.inbox.next(1)[0]
                #expect(message.text == "a fresh")
                let expiry = try #require(message.properties?.expiresAtMilliseconds)
                #expect((now + 1_000_000...now + 4_000_000).contains(expiry))
            }
        }
    }

    @Test("keeps its own messages up there where it is told to")
    func noLocal() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port, configure: { $0.hasNoLocal = true })
            test.bridge.cloudFiltersDidChange(try filters("a"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                #expect(try test.publish("a", "own") == .ok)
                _ = await test.acknowledged.next(1)
                try await server.publish("a", "foreign")
                #expect(await test.inbox.next(1).map(\.text) == ["a foreign"])
            }
        }
    }

    @Test(
        "gives way to MQTT 3.1.1 where the broker refuses it",
        arguments: [[0x20, 2, 0, 1], [0x20, 3, 0, 0x84, 0]] as [[UInt8]]
    )
    func fallback(refusal: [UInt8]) async throws {
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            guard packet.type == 1 else { return [] }
            // The level stands behind the protocol's name.
            return packet.body[6] == 5 ? refusal : FakeBroker.connack
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(port: broker.port)
            try await test.run {
                try await test.bridge.whenConnected().get()
                #expect(await broker.packets.next(2).map { $0.body[6] } == [5, 4])
                #expect(test.bridge.problem == nil)
            }
        }
    }

    @Test("asks for no subscription identifiers where the broker has none")
    func noIdentifiers() async throws {
        let connack: [UInt8] = [0x20, 5, 0, 0, 2, 41, 0]
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: connack
            case 8: [0x90, 5] + packet.packetID + [0, 1, 1]
            default: []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(port: broker.port)
            test.bridge.cloudFiltersDidChange(try filters("a/+", "+/b"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                let packets = await broker.packets.next(2)
                // One packet for both, with no properties.
                #expect(packets.map(\.type) == [1, 8])
                #expect(packets[1].body[2] == 0)
            }
        }
    }

    @Test("keeps a message that the broker refuses as a dead letter, and goes on")
    func refusedPublish() async throws {
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: [0x20, 3, 0, 0, 0]
            case 3:
                packet.body.last == UInt8(ascii: "x")
                    ? [0x40, 4] + packet.packetID + [0x87, 0] : [0x40, 2] + packet.packetID
            default: []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(port: broker.port)
            try await test.run {
                try await test.bridge.whenConnected().get()
                let answers = try [test.publish("a", "x"), test.publish("a", "y")]
                #expect(answers == [.ok, .ok])
                #expect(await test.drops.next(1) == ["a x"])
                #expect(await test.acknowledged.next(1) == ["a y"])
            }
        }
    }
}
