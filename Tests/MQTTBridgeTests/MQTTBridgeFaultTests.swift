import Broker
import MQTTBridge
import NIOCore
import NIOPosix
import Testing
import TopicRouter

@Suite("MQTT bridge with a broker that misbehaves", .timeLimit(.minutes(1)))
struct MQTTBridgeFaultTests {
    struct Greeting: CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]?
        var testDescription: String { self.name }
    }

    @Test(
        "tries again after a broker that breaks the protocol",
        arguments: [
            Greeting(name: "closes at once", bytes: nil),
            Greeting(name: "speaks HTTP", bytes: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
            Greeting(name: "sends an endless remaining length", bytes: [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            Greeting(name: "sends a CONNACK with an unknown code", bytes: [0x20, 2, 0, 99]),
            Greeting(name: "refuses the client id", bytes: [0x20, 2, 0, 2]),
            Greeting(name: "sends two CONNACKs", bytes: [0x20, 2, 0, 0, 0x20, 2, 0, 0]),
            Greeting(name: "sends a stray SUBACK", bytes: [0x20, 2, 0, 0, 0x90, 3, 0, 1, 0]),
            Greeting(name: "sends an empty SUBACK", bytes: [0x20, 2, 0, 0, 0x90, 2, 0, 1]),
            Greeting(name: "sends a stray UNSUBACK", bytes: [0x20, 2, 0, 0, 0xB0, 2, 0, 1]),
            Greeting(
                name: "sends a PUBLISH too short for its topic",
                bytes: [0x20, 2, 0, 0, 0x30, 3, 0, 9, 0x61]
            ),
        ]
    )
    func rubbish(_ greeting: Greeting) async throws {
        try await FakeBroker.run(greeting: greeting.bytes, script: { _ in [] }) { broker in
            let test = try TestBridge(
                broker: broker,
                configure: { $0.operationTimeout = .milliseconds(100) }
            )
            try await test.run {
                _ = await broker.accepted.next(4)
                let answer = try test.publish("a")
                #expect(answer == .ok)
            }
        }
    }

    @Test("drops a message with a wildcard in its topic, acknowledges it, and goes on")
    func wildcardTopic() async throws {
        let publish: [UInt8] = [0x32, 6, 0, 2, 0x61, 0x2B, 0, 7, 0x32, 5, 0, 1, 0x61, 0, 8]
        try await FakeBroker.run(script: { $0.type == 1 ? FakeBroker.connack + publish : [] }) { broker in
            let test = try TestBridge(broker: broker)
            try await test.run {
                #expect(await test.inbox.next(1).map(\.text) == ["a "])
            }
        }
    }

    @Test("gives up a broker that never answers", arguments: [1 as UInt8, 8])
    func silence(unansweredType: UInt8) async throws {
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            packet.type == 1 && unansweredType != 1 ? FakeBroker.connack : []
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(
                broker: broker,
                configure: { $0.operationTimeout = .milliseconds(50) }
            )
            test.bridge.cloudFiltersDidChange(try filters("a"))
            try await test.run { _ = await broker.accepted.next(3) }
        }
    }

    @Test("is connected with a refused filter, and asks for it again")
    func refusedFilter() async throws {
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: FakeBroker.connack
            case 8: [0x90, 3] + packet.packetID + [0x80]
            default: []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(broker: broker)
            test.bridge.cloudFiltersDidChange(try filters("forbidden"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                let packets = await broker.packets.next(4)
                #expect(packets.map(\.type) == [1, 8, 8, 8])
                #expect(test.bridge.refusedInboundCount == 0)
            }
        }
    }

    @Test(
        "has no more messages in flight than the window allows, and sends them again on the next connection"
    )
    func inFlightWindow() async throws {
        try await FakeBroker.run { broker in
            let test = try TestBridge(broker: broker, configure: { $0.inFlightMax = 3 })
            for index in 0..<5 { #expect(try test.publish("up", "\(index)") == .ok) }
            try await test.run {
                let packets = await broker.packets.next(4)
                #expect(packets.map(\.type) == [1, 3, 3, 3])
                #expect(
                    packets.dropFirst().map { $0.body.last }
                        == ["0", "1", "2"].map { Character($0).asciiValue }
                )
            }
            // DISCONNECT is the next packet: nothing was sent beyond the window.
            #expect(await broker.packets.next(1).map(\.type) == [14])
            #expect(await test.drops.next(5) == (0..<5).map { "up \($0)" })
        }
    }

    @Test("takes what comes together before it waits for any of it, and acknowledges it when all is kept")
    func durability() async throws {
        let publishes = (1...3).flatMap { number -> [UInt8] in [0x32, 5, 0, 1, 0x61, 0, number] }
        try await FakeBroker.run(script: { $0.type == 1 ? FakeBroker.connack + publishes : [] }) { broker in
            let kept = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
            let test = try TestBridge(broker: broker, durability: kept.futureResult)
            try await test.run {
                #expect(await test.inbox.next(3).count == 3)
                broker.packets.add(FakeBroker.Packet(head: 0, body: []))
                kept.succeed()
                let packets = await broker.packets.next(5)
                #expect(packets.map(\.type) == [1, 0, 4, 4, 4])
                #expect(packets.suffix(3).map(\.packetID) == [[0, 1], [0, 2], [0, 3]])
            }
        }
    }

    @Test("sends what was not acknowledged again, once and in order, on the next connection")
    func resend() async throws {
        // Closes the connection at the third PUBLISH the first time, and acknowledges everything after that.
        let publishes = Counter()
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: return FakeBroker.connack
            case 3:
                let number = publishes.next()
                return number < 3 ? [] : number == 3 ? nil : [0x40, 2] + packet.packetID
            default: return []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(broker: broker, configure: { $0.inFlightMax = 3 })
            for index in 0..<5 { #expect(try test.publish("up", "\(index)") == .ok) }
            try await test.run {
                #expect(await test.acknowledged.next(5) == (0..<5).map { "up \($0)" })
                let packets = await broker.packets.next(10)
                #expect(packets.map(\.type) == [1, 3, 3, 3, 1, 3, 3, 3, 3, 3])
                let bodies = packets.filter { $0.type == 3 }.compactMap(\.body.last)
                #expect(String(decoding: bodies, as: UTF8.self) == "01201234")
            }
        }
    }

    @Test("refuses QoS 0 without a connection, and drops it when the connection goes")
    func atMostOnceOffline() async throws {
        // Acknowledges nothing, and closes the connection at a SUBSCRIBE.
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            packet.type == 8 ? nil : packet.type == 1 ? FakeBroker.connack : []
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(broker: broker, configure: { $0.inFlightMax = 1 })
            let offline = try test.publish("up", "offline", qos: .atMostOnce)
            #expect(
                offline
                    == .gone("there is no connection to the broker, and QoS 0 messages do not wait for one")
            )
            try await test.run {
                try await test.bridge.whenConnected().get()
                let answers = try [
                    test.publish("up", "first"), test.publish("up", "second", qos: .atMostOnce),
                ]
                #expect(answers == [.ok, .ok])
                test.bridge.cloudFiltersDidChange(try filters("a"))
                #expect(await test.drops.next(1) == ["up second"])
            }
        }
    }

    @Test("connects with any keep-alive", arguments: [Duration.zero, .milliseconds(1), .seconds(1_000_000)])
    func keepAlive(keepAlive: Duration) async throws {
        try await FakeBroker.run { broker in
            let test = try TestBridge(broker: broker, configure: { $0.keepAlive = keepAlive })
            try await test.run { try await test.bridge.whenConnected().get() }
        }
    }

    @Test("keeps trying where nobody listens, and fails who waits for a connection when it is shut down")
    func nobodyListens() async throws {
        let test = try TestBridge(port: try freePort())
        let connected = test.bridge.whenConnected()
        try test.bridge.start()
        #expect(try test.publish("up", "kept") == .ok)
        await test.bridge.shutdown(grace: .seconds(30))
        await #expect(throws: BridgeClosedError.self) { try await connected.get() }
        await #expect(throws: BridgeClosedError.self) { try await test.bridge.whenConnected().get() }
        #expect(await test.drops.next(1) == ["up kept"])
        #expect(test.bridge.state == .disconnected)
    }

    @Test("shuts down without a name for the broker's host")
    func unknownHost() async throws {
        let test = try TestBridge(port: 1883, host: "no-such-host.invalid")
        try await test.run {
            let answer = try test.publish("up", "kept")
            #expect(answer == .ok)
        }
        #expect(await test.drops.next(1) == ["up kept"])
    }

    @Test("shuts down without having been started, and is not started after that")
    func neverStarted() async throws {
        let test = try TestBridge(port: 1)
        #expect(try test.publish("up", "kept") == .ok)
        await test.bridge.shutdown(grace: .seconds(30))
        #expect(await test.drops.next(1) == ["up kept"])
        try test.bridge.start()
        await test.bridge.shutdown(grace: .seconds(30))
    }
}
