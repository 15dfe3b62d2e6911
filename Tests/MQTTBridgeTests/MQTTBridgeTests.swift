import Broker
import GreengrassModel
import MQTTBridge
import NIOCore
import TestSupport
import Testing
import TopicRouter

@Suite("MQTT bridge with a real broker", .timeLimit(.minutes(1)))
struct MQTTBridgeTests {
    @Test("publishes what is committed, at QoS 1 and 0, and reports each acknowledgement")
    func up() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            try await server.withSubscriber(to: "up/#") { subscriber in
                try await test.run {
                    try await test.bridge.whenConnected().get()
                    #expect(test.bridge.state == .connected)
                    #expect(try test.publish("up/a", "one") == .ok)
                    #expect(try test.publish("up/b", "two", qos: .atMostOnce) == .ok)
                    #expect(try test.publish("up/c", "three") == .ok)
                    #expect(await test.acknowledged.next(2) == ["up/a one", "up/c three"])
                    _ = try await subscriber.lines { $0 == "up/c three" }
                    let received = subscriber.lines.filter { $0.hasPrefix("up/") }
                    #expect(received == ["up/a one", "up/b two", "up/c three"])
                }
            }
        }
    }

    @Test(
        "brings down what the cloud bus wants, once for each message even where filters overlap",
        arguments: [MQTTVersion.mqtt5, .mqtt3]
    )
    func down(version: MQTTVersion) async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port, configure: { $0.version = version })
            test.bridge.cloudFiltersDidChange(try filters("a/b", "a/#", "+/b", "a/+"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                try await server.publish("a/b", "first")
                try await server.publish("x/b", "second")
                try await server.publish("elsewhere", "never")
                try await server.publish("a/b", "first")
                try await server.publish("a", "third")
                let messages = await test.inbox.next(4)
                #expect(messages.map(\.text) == ["a/b first", "x/b second", "a/b first", "a third"])
                #expect(messages.allSatisfy { $0.origin == .cloud && $0.hops == 0 && $0.qos == .atLeastOnce })
            }
        }
    }

    @Test("misses no echo of a message published right after its filter was told")
    func echo() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            try await test.run {
                var wanted: Set<TopicFilter> = []
                for index in 0..<30 {
                    wanted.insert(try TopicFilter("echo/\(index)"))
                    test.bridge.cloudFiltersDidChange(wanted)
                    #expect(try test.publish("echo/\(index)", "sent") == .ok)
                }
                #expect(await test.inbox.next(30).map(\.text) == (0..<30).map { "echo/\($0) sent" })
            }
        }
    }

    @Test("follows the cloud bus while connected")
    func filtersChange() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("a/b"))
            try await test.run {
                for (wanted, expected) in [
                    (try filters("a/b", "a/#"), ["a/b", "a/c", "end"]),
                    (try filters("a/c"), ["a/c", "end"]),
                    (try filters("c"), ["c", "end"]),
                    ([], ["end"]),
                ] {
                    test.bridge.cloudFiltersDidChange(wanted.union(try filters("end")))
                    try await test.bridge.whenConnected().get()
                    // The UNSUBSCRIBE may still be under way: the echo of a message of ours comes after its
                    // answer.
                    test.bridge.cloudFiltersDidChange(wanted.union(try filters("end", "barrier")))
                    #expect(try test.publish("barrier") == .ok)
                    _ = await test.inbox.upTo { $0.topic.description == "barrier" }
                    for topic in ["a/b", "a/c", "c", "end"] { try await server.publish(topic, "") }
                    let messages = await test.inbox.upTo { $0.topic.description == "end" }
                    #expect(messages.map(\.topic.description) == expected)
                }
            }
        }
    }

    @Test("keeps messages while the broker is away, and sends them in order when it is back")
    func brokerAway() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("up"))
            await server.kill()
            try await test.run {
                for index in 0..<100 { #expect(try test.publish("up", "\(index)") == .ok) }
                #expect(test.bridge.state != .connected)
                try await server.start()
                #expect(await test.inbox.next(100).map(\.text) == (0..<100).map { "up \($0)" })
            }
        }
    }

    @Test("survives kill -9 of the broker: everything arrives, in order, some perhaps twice")
    func brokerKilled() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("up"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                for index in 0..<100 { #expect(try test.publish("up", "\(index)") == .ok) }
                _ = await test.acknowledged.next(10)
                await server.kill()
                for index in 100..<200 { #expect(try test.publish("up", "\(index)") == .ok) }
                try await server.start()
                _ = await test.acknowledged.upTo { $0 == "up 199" }
                let echoes = await test.inbox.upTo { $0.text == "up 199" }.map(\.text)
                // What the broker had acknowledged and not yet sent back died with it; nothing sent after it
                // did.
                let numbers = echoes.compactMap { Int($0.dropFirst(3)) }
                #expect(Set(numbers).isSuperset(of: 100..<200))
                #expect(numbers.filter { $0 >= 100 } == Array(100..<200))
            }
        }
    }

    @Test(
        "fetches what was published while it was away, in a session that the broker keeps",
        arguments: [MQTTVersion.mqtt5, .mqtt3]
    )
    func session(version: MQTTVersion) async throws {
        try await MosquittoServer.run { server in
            let before = try TestBridge(port: server.port, configure: { $0.version = version })
            before.bridge.cloudFiltersDidChange(try filters("a"))
            try await before.run { try await before.bridge.whenConnected().get() }
            try await server.publish("a", "missed")
            let after = try TestBridge(port: server.port, configure: { $0.version = version })
            try await after.run {
                #expect(await after.inbox.next(1).map(\.text) == ["a missed"])
            }
        }
    }

    @Test("acknowledges a message to the broker only when it is committed: else the broker sends it again")
    func redelivery() async throws {
        try await MosquittoServer.run { server in
            let mayCommit = Gate()
            let isCommitting = Reports<Void>()
            let stuck = try TestBridge(port: server.port) { _ in
                isCommitting.add(())
                mayCommit.wait()
            }
            stuck.bridge.cloudFiltersDidChange(try filters("a"))
            try stuck.bridge.start()
            try await stuck.bridge.whenConnected().get()
            try await server.publish("a", "kept")
            _ = await isCommitting.next(1)
            // The same client id: the broker closes the first connection and moves its session over.
            let next = try TestBridge(port: server.port)
            try await next.run {
                #expect(await next.inbox.next(1).map(\.text) == ["a kept"])
            }
            mayCommit.open()
            await stuck.bridge.shutdown(grace: .zero)
        }
    }

    @Test("carries the largest payload both ways, and drops a larger one that comes down")
    func large() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("#"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                let largest = String(repeating: "x", count: 131_072)
                #expect(try test.publish("largest", largest) == .ok)
                try await server.publish("larger", largest + "x")
                try await server.publish("end", "")
                let messages = await test.inbox.upTo { $0.topic.description == "end" }
                #expect(messages.map(\.topic.description) == ["largest", "end"])
                #expect(messages[0].payload.readableBytes == 131_072)
                #expect(test.bridge.refusedInboundCount == 1)
                let answer = try test.publish("larger", largest + "x")
                #expect(answer == .refused("the payload has 131073 bytes; maxMessageSizeInBytes is 131072"))
            }
        }
    }

    @Test("sends everything that waits before it shuts down, and refuses what comes then")
    func shutdownFlushes() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            try await server.withSubscriber(to: "up") { subscriber in
                try test.bridge.start()
                try await test.bridge.whenConnected().get()
                for index in 0..<500 { #expect(try test.publish("up", "\(index)") == .ok) }
                await test.bridge.shutdown(grace: .seconds(30))
                #expect(try test.publish("up", "late") == .gone("the bridge is shutting down"))
                _ = try await subscriber.lines { $0 == "up 499" }
                let received = subscriber.lines.filter { $0.hasPrefix("up ") }
                #expect(received == (0..<500).map { "up \($0)" })
            }
        }
    }

    @Test("drops a message that no MQTT library takes, and goes on")
    func impossibleTopic() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("control\u{1}", "fine"))
            try await test.run {
                let answers = try [test.publish("control\u{1}", "lost"), test.publish("fine", "kept")]
                #expect(answers == [.ok, .ok])
                #expect(await test.drops.next(1) == ["control\u{1} lost"])
                #expect(await test.inbox.next(1).map(\.text) == ["fine kept"])
            }
        }
    }

    @Test("takes messages from many threads at once, and loses none")
    func manyPublishers() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port)
            test.bridge.cloudFiltersDidChange(try filters("up"))
            try await test.run {
                try await withThrowingTaskGroup { group in
                    for publisher in 0..<8 {
                        group.addTask {
                            for index in 0..<100 {
                                _ = try test.publish("up", "\(publisher) \(index)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let texts = await test.inbox.next(800).map(\.text)
                for publisher in 0..<8 {
                    let prefix = "up \(publisher) "
                    #expect(texts.filter { $0.hasPrefix(prefix) } == (0..<100).map { "\(prefix)\($0)" })
                }
            }
        }
    }

    @Test("makes further connections for more filters than one may have, and each message comes once")
    func furtherConnections() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(port: server.port, configure: { $0.filtersPerConnectionMax = 2 })
            let all = Set(try (0..<5).map { try TopicFilter("t/\($0)") })
            test.bridge.cloudFiltersDidChange(Set(all.inOrder.prefix(1)))
            try await test.run {
                try await test.bridge.whenConnected().get()
                test.bridge.cloudFiltersDidChange(all)
                try await test.bridge.whenConnected().get()
                #expect(test.bridge.state == .connected && test.bridge.problem == nil)
                for index in 0..<5 { try await server.publish("t/\(index)", "x") }
                #expect(
                    Set(await test.inbox.next(5).map(\.topic.description)) == Set(all.map(\.description))
                )
                for name in ["thing", "thing#2", "thing#3"] {
                    try await server.line(with: "as \(name) (")
                }
                // What goes up takes the first connection, and its echo the one that has the filter.
                #expect(try test.publish("t/4", "up") == .ok)
                #expect(await test.inbox.next(1).map(\.text) == ["t/4 up"])
            }
        }
    }

    @Test("sends everything in order where a rate holds it back")
    func rate() async throws {
        try await MosquittoServer.run { server in
            let test = try TestBridge(
                port: server.port,
                configure: { $0.publishRate = PublishRate(messagesPerSecond: 20, bytesPerSecond: 100) }
            )
            test.bridge.cloudFiltersDidChange(try filters("up"))
            try await test.run {
                try await test.bridge.whenConnected().get()
                for index in 0..<30 { #expect(try test.publish("up", "\(index)") == .ok) }
                #expect(await test.inbox.next(30).map(\.text) == (0..<30).map { "up \($0)" })
            }
        }
    }

    @Test(
        "refuses a message that the broker would never take, with the reason",
        arguments: [
            ("a/b/c/d/e/f/g/h/i", "the topic has 8 slashes; AWS IoT Core takes at most 7"),
            (String(repeating: "x", count: 257), "the topic has 257 bytes; AWS IoT Core takes at most 256"),
        ]
    )
    func refusedTopic(topic: String, reason: String) async throws {
        for isStrict in [true, false] {
            let test = try TestBridge(port: 1, configure: { $0.hasIoTCoreTopics = isStrict })
            let answer = try test.publish(topic)
            #expect(answer == (isStrict ? .refused(reason) : .ok))
            await test.bridge.shutdown(grace: .zero)
        }
    }
}
