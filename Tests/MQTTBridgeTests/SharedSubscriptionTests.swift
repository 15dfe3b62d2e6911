import Broker
import GreengrassModel
import MQTTBridge
import NIOConcurrencyHelpers
import NIOCore
import Testing
import TopicRouter

@Suite("A group that shares messages", .timeLimit(.minutes(1)))
struct SharedSubscriptionTests {
    /// A bridge of the group `workers` that wants the topic `jobs`.
    private func member(
        _ server: MosquittoServer,
        _ clientID: String = "thing",
        version: MQTTVersion = .mqtt5,
        heldMax: Int = 3,
        receive: @escaping @Sendable (Message) -> Void = { _ in }
    ) throws -> TestBridge {
        let test = try TestBridge(
            port: server.port,
            clientID: clientID,
            receive: receive,
            configure: {
                $0.version = version
                $0.shareGroup = "workers"
                $0.receiveMaximum = heldMax
            }
        )
        test.bridge.cloudFiltersDidChange(try filters("jobs"))
        return test
    }

    /// The payloads of the next messages, each of which is done with before the next is awaited.
    private func payloads(_ count: Int, of test: TestBridge) async -> [String] {
        var payloads: [String] = []
        while payloads.count < count {
            payloads += await test.inbox.next(1).map { String(buffer: $0.payload) }
        }
        return payloads
    }

    @Test("gives each message to one member", arguments: [MQTTVersion.mqtt3, .mqtt5])
    func each(version: MQTTVersion) async throws {
        try await MosquittoServer.run { server in
            let received = Reports<String>()
            let members = try ["a", "b"].map { name in
                try member(server, name, version: version, heldMax: 10) {
                    received.add(String(buffer: $0.payload))
                }
            }
            try await members[0].run {
                try await members[1].run {
                    for member in members { try await member.bridge.whenConnected().get() }
                    for index in 0..<10 { try await server.publish("jobs", "\(index)") }
                    let all = await received.next(10)
                    #expect(Set(all) == Set((0..<10).map(String.init)))
                }
            }
        }
    }

    @Test("asks for reserved topics beside '#', which does not match them")
    func reserved() async throws {
        try await MosquittoServer.run { server in
            let member = try member(server)
            member.bridge.cloudFiltersDidChange(try filters("#", "$aws/jobs", "a/b"))
            try await member.run {
                try await member.bridge.whenConnected().get()
                // mosquitto takes the second, and then sends nothing for it.
                for filter in ["#", "$aws/jobs"] {
                    try await server.line(with: "$share/workers/\(filter) (QoS 1)")
                }
                #expect(!server.lines.contains { $0.contains("workers/a/b") })
                try await server.publish("a/b", "x")
                #expect(await member.inbox.next(1).map(\.text) == ["a/b x"])
            }
        }
    }

    @Test("acknowledges a message when it is done with, and gets it again until then")
    func late() async throws {
        try await MosquittoServer.run { server in
            let held = NIOLockedValueBox<[Message]>([])
            let first = try member(server) { message in held.withLockedValue { $0.append(message) } }
            try await first.run {
                try await first.bridge.whenConnected().get()
                for payload in ["1", "2"] { try await server.publish("jobs", payload) }
                #expect(await payloads(2, of: first) == ["1", "2"])
            }
            held.withLockedValue { $0 = [] }
            let second = try member(server)
            try await second.run {
                #expect(await payloads(2, of: second) == ["1", "2"])
                // More than are held together: they come in turn, as those before are done with.
                for index in 3...10 {
                    try await server.publish("jobs", "\(index)")
                }
                #expect(await payloads(8, of: second) == (3...10).map(String.init))
                // Its echo comes after the acknowledgements have left.
                #expect(try second.publish("jobs", "echo") == .ok)
                #expect(await payloads(1, of: second) == ["echo"])
                #expect(await second.acknowledged.next(1) == ["jobs echo"])
            }
            let third = try member(server)
            try await third.run {
                try await third.bridge.whenConnected().get()
                try await server.publish("jobs", "end")
                let last = await third.inbox.upTo { String(buffer: $0.payload) == "end" }
                #expect(last.count <= 2, "only the echo itself may come again")
            }
        }
    }
}
