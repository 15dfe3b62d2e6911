import Broker
import MQTTBridge
import NIOConcurrencyHelpers
import NIOCore
import Testing
import TopicRouter

@Suite("Waiting for subscriptions", .timeLimit(.minutes(1)))
struct SubscribingTests {
    @Test("fails with the broker's reason for a filter that no granted one covers")
    func refused() async throws {
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: FakeBroker.connack
            case 8: packet.suback { $0 == "b" || $0 == "c/#" ? 0x80 : 1 }
            default: []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(broker: broker) { $0.reconnectDelayMin = .seconds(60) }
            let bridge = test.bridge
            bridge.cloudFiltersDidChange(try filters("a/#", "a/b", "b", "c/#", "c/d", "e\u{1}"))
            try await test.run {
                for granted in ["a/#", "a/b", "c/d"] {
                    try await bridge.whenSubscribed(to: try TopicFilter(granted)).get()
                }
                for (refused, reason) in [
                    ("b", "the broker refused it: "), ("c/#", "the broker refused it: "),
                    ("e\u{1}", "it is too long, or has control characters"),
                ] {
                    let filter = try TopicFilter(refused)
                    let error = await #expect(throws: (any Error).self) {
                        try await bridge.whenSubscribed(to: filter).get()
                    }
                    #expect(error.map { "\($0)".hasPrefix(reason) } == true)
                }
                #expect(bridge.state == .connected)
            }
        }
    }

    @Test("holds up what is published after a filter was told, and nothing that was published before")
    func uplink() async throws {
        // Acknowledges the first message only at a SUBSCRIBE, which it answers with the third message.
        let (messages, subscribe) = (Counter(), NIOLockedValueBox<[UInt8]>([]))
        let first = NIOLockedValueBox<[UInt8]>([])
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: return FakeBroker.connack
            case 3:
                switch messages.next() {
                case 1:
                    first.withLockedValue { $0 = [0x40, 2] + packet.packetID }
                    return []
                case 3: return [0x40, 2] + packet.packetID + subscribe.withLockedValue { $0 }
                default: return [0x40, 2] + packet.packetID
                }
            case 8:
                subscribe.withLockedValue { $0 = packet.suback { _ in 1 } }
                return first.withLockedValue { $0 }
            default: return []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(broker: broker) { $0.inFlightMax = 1 }
            try await test.run {
                try await test.bridge.whenConnected().get()
                for text in ["1", "2", "3"] { #expect(try test.publish("up", text) == .ok) }
                let begin = await broker.packets.next(2)
                #expect(begin.map(\.type) == [1, 3])
                test.bridge.cloudFiltersDidChange(try filters("a"))
                #expect(test.bridge.state == .connecting)
                #expect(try test.publish("up", "after") == .ok)
                try await test.bridge.whenSubscribed(to: try TopicFilter("a")).get()
                #expect(await test.acknowledged.next(4) == ["up 1", "up 2", "up 3", "up after"])
                #expect(await broker.packets.next(4).map(\.type) == [8, 3, 3, 3])
            }
        }
    }

    @Test("goes on, for messages and for who waits, while filters come faster than they are answered")
    func churn() async throws {
        let bridge = NIOLockedValueBox<MQTTBridge?>(nil)
        let subscribes = Counter()
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: return FakeBroker.connack
            case 3: return [0x40, 2] + packet.packetID
            case 8:
                let filters = (try? filters("a", "churn/\(subscribes.next())")) ?? []
                bridge.withLockedValue { $0 }?.cloudFiltersDidChange(filters)
                return packet.suback { _ in 1 }
            case 10: return [0xB0, 2] + packet.packetID
            default: return []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(broker: broker)
            bridge.withLockedValue { $0 = test.bridge }
            test.bridge.cloudFiltersDidChange(try filters("a"))
            try await test.run {
                for index in 0..<10 {
                    try await test.bridge.whenConnected().get()
                    try await test.bridge.whenSubscribed(to: try TopicFilter("a")).get()
                    #expect(try test.publish("up", "\(index)") == .ok)
                    #expect(await test.acknowledged.next(1) == ["up \(index)"])
                }
                bridge.withLockedValue { $0 = nil }
            }
        }
    }

    @Test("fails the oldest when very many wait")
    func tooMany() async throws {
        let test = try TestBridge(port: 1)
        let futures = (0..<10_001).map { _ in test.bridge.whenConnected() }
        let error = await #expect(throws: (any Error).self) { try await futures[0].get() }
        #expect(error.map { "\($0)" } == "10000 others wait for the connection")
        await test.bridge.shutdown(grace: .zero)
        await #expect(throws: BridgeClosedError.self) { try await futures[1].get() }
    }
}

extension FakeBroker.Packet {
    /// The answer to a SUBSCRIBE of MQTT 3.1.1.
    fileprivate func suback(_ code: (String) -> UInt8) -> [UInt8] {
        var rest = self.body.dropFirst(2)
        var codes: [UInt8] = []
        while let high = rest.popFirst(), let low = rest.popFirst() {
            let length = Int(high) << 8 | Int(low)
            codes.append(code(String(decoding: rest.prefix(length), as: UTF8.self)))
            rest = rest.dropFirst(length + 1)
        }
        return [0x90, UInt8(2 + codes.count)] + self.packetID + codes
    }
}
