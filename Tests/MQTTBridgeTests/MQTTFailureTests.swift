import Broker
import GreengrassModel
import MQTTBridge
import NIOCore
import TestSupport
import Testing
import TopicRouter

@Suite("MQTT failures in words", .timeLimit(.minutes(1)))
struct MQTTFailureTests {
    /// Runs a bridge until it has a problem, which must be `expected`; what is for the cloud waits meanwhile.
    private func expectProblem(_ expected: String, of test: TestBridge) async throws {
        try await test.run {
            let answer = try test.publish("up", "kept")
            #expect(answer == .ok)
            let problem = await test.problems.next(1)[0]
            #expect(problem.hasPrefix(expected))
            #expect(test.bridge.problem == problem)
            #expect(test.bridge.state != .connected)
        }
    }

    @Test("a name that is not found")
    func lookUp() async throws {
        let test = try TestBridge(port: 1883, host: "no-such-host.invalid")
        try await self.expectProblem("the host name no-such-host.invalid is not found: ", of: test)
    }

    @Test("a port that nobody listens on")
    func refused() async throws {
        let port = try freePort()
        try await self.expectProblem(
            "127.0.0.1:\(port) refuses the connection: does the broker run there, and is the port right?",
            of: try TestBridge(port: port)
        )
    }

    @Test("a host that does not answer")
    func silentHost() async throws {
        let wall = try ListeningWall()
        try await self.expectProblem(
            "127.0.0.1:\(wall.port) does not answer within 100 ms (socketTimeoutMs): check the network",
            of: try TestBridge(port: wall.port, configure: { $0.socketTimeout = .milliseconds(100) })
        )
    }

    @Test("a broker that accepts and never answers")
    func frozenBroker() async throws {
        try await MosquittoServer.run { server in
            server.freeze()
            try await self.expectProblem(
                "127.0.0.1:\(server.port) accepts connections and does not answer CONNECT within 100 ms "
                    + "(operationTimeoutMs)",
                of: try TestBridge(port: server.port, configure: { $0.operationTimeout = .milliseconds(100) })
            )
        }
    }

    @Test("a port for TLS that is spoken to without")
    func securePort() async throws {
        let authority = try await Authority()
        try await MosquittoServer.run(authority.server(authority.issue("broker"))) { server in
            try await self.expectProblem(
                "127.0.0.1:\(server.port) closed the connection before it answered CONNECT: is it a port for "
                    + "TLS",
                of: try TestBridge(port: server.port)
            )
        }
    }

    @Test("a broker that drops every connection after three messages")
    func droppedConnections() async throws {
        let publishes = Counter()
        let script: @Sendable (FakeBroker.Packet) -> [UInt8]? = { packet in
            switch packet.type {
            case 1: FakeBroker.connack
            case 3: publishes.next().isMultiple(of: 3) ? nil : [0x40, 2] + packet.packetID
            default: []
            }
        }
        try await FakeBroker.run(script: script) { broker in
            let test = try TestBridge(broker: broker) { $0.inFlightMax = 1 }
            for index in 0..<9 { #expect(try test.publish("up/\(index)") == .ok) }
            try await test.run {
                for topic in ["up/2", "up/4", "up/6"] {
                    let problem = await test.problems.next(1)[0]
                    let place = "127.0.0.1:\(broker.port)"
                    #expect(
                        problem == "\(place) closed the connection instead of acknowledging a message for "
                            + "\"\(topic)\": may thing publish there, and does another client have this name?"
                    )
                }
                #expect(await test.acknowledged.next(9).last == "up/8 ")
            }
        }
    }

    @Test("a link that no longer carries anything, and closes nothing", arguments: [true, false])
    func halfOpenLink(hasMessages: Bool) async throws {
        try await MosquittoServer.run { server in
            try await Relay.run(to: server.port) { relay in
                let test = try TestBridge(
                    port: relay.port,
                    configure: {
                        $0.operationTimeout = hasMessages ? .milliseconds(500) : .seconds(30)
                        $0.pingTimeout = .milliseconds(100)
                        $0.keepAlive = .seconds(5)
                    }
                )
                test.bridge.cloudFiltersDidChange(try filters("up"))
                try await test.run {
                    try await test.bridge.whenConnected().get()
                    relay.fallSilent()
                    if hasMessages {
                        let answer = try test.publish("up", "kept")
                        #expect(answer == .ok)
                    }
                    let expected =
                        hasMessages
                        ? "the broker does not answer a message within 500 ms (operationTimeoutMs)"
                        : "the link to 127.0.0.1:\(relay.port) is dead"
                    // On a machine with much to do, answers may have been late before.
                    _ = await test.problems.upTo { $0.hasPrefix(expected) }
                    relay.speak()
                    let later = try test.publish("up", "later")
                    #expect(later == .ok)
                    let echoes = await test.inbox.upTo { $0.text == "up later" }
                    #expect(!hasMessages || echoes.map(\.text).contains("up kept"))
                }
            }
        }
    }

    @Test("another client of the same name")
    func takenOver() async throws {
        try await MosquittoServer.run { server in
            let first = try TestBridge(
                port: server.port,
                configure: { $0.connectIntervalMin = .seconds(600) }
            )
            try await first.run {
                try await first.bridge.whenConnected().get()
                let second = try TestBridge(port: server.port)
                try await second.run {
                    try await second.bridge.whenConnected().get()
                    let problem = await first.problems.next(1)[0]
                    let expected =
                        "127.0.0.1:\(server.port) closed the connection: it ended, or another client is "
                        + "called thing too"
                    #expect(problem == expected)
                }
            }
        }
    }

    @Test(
        "a broker that says goodbye",
        arguments: [
            (0x8E, "another client connected as thing: each Trellis needs a thingName of its own"),
            (0x8B, "the broker is shutting down"), (0x93, "the broker ended the connection: "),
        ] as [(UInt8, String)]
    )
    func goodbye(reason: UInt8, expected: String) async throws {
        let connack: [UInt8] = [0x20, 3, 0, 0, 0]
        try await FakeBroker.run(script: { _ in connack + [0xE0, 2, reason, 0] }) { broker in
            try await self.expectProblem(expected, of: try TestBridge(port: broker.port))
        }
    }

    @Test(
        "a broker that refuses the connection",
        arguments: [
            (MQTTVersion.mqtt3, [0x20, 2, 0, 5], "the broker does not let thing connect: not authorized"),
            (.mqtt5, [0x20, 3, 0, 0x87, 0], "the broker does not let thing connect: not authorized"),
            (.mqtt5, [0x20, 3, 0, 0x85, 0], "the broker does not accept the client id thing"),
            (.mqtt5, [0x20, 3, 0, 0x9F, 0], "the broker takes no more connections now"),
        ] as [(MQTTVersion, [UInt8], String)]
    )
    func refusedConnect(version: MQTTVersion, connack: [UInt8], expected: String) async throws {
        try await FakeBroker.run(script: { _ in connack }) { broker in
            try await self.expectProblem(
                expected,
                of: try TestBridge(port: broker.port, configure: { $0.version = version })
            )
        }
    }

    @Test("a SOCKS proxy is gone through, and one that is not there is named")
    func proxy() async throws {
        let authority = try await Authority()
        let (broker, thing) = try await (
            authority.issue("broker", host: "DNS:localhost"), authority.issue("thing")
        )
        try await MosquittoServer.run(authority.server(broker)) { server in
            try await Relay.run { relay in
                let test = try TestBridge(
                    port: server.port,
                    host: "localhost",
                    configure: {
                        $0.proxy = NetworkProxy(host: "127.0.0.1", port: relay.port)
                        $0.tls = MQTTTransportSecurity(caPath: authority.certificate)
                        $0.tls?.certificatePath = thing.certificate
                        $0.tls?.privateKey = thing.key
                    }
                )
                test.bridge.cloudFiltersDidChange(try filters("a"))
                try await test.run {
                    let answer = try test.publish("a", "x")
                    #expect(answer == .ok)
                    #expect(await test.inbox.next(1).map(\.text) == ["a x"])
                    #expect(await relay.wishes.next(1) == ["localhost:\(server.port)"])
                }
            }
            let port = try freePort()
            try await self.expectProblem(
                "the proxy 127.0.0.1:\(port) refuses the connection",
                of: try TestBridge(
                    port: server.port,
                    configure: { $0.proxy = NetworkProxy(host: "127.0.0.1", port: port) }
                )
            )
        }
    }
}
