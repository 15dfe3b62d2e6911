import GreengrassModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing
import TopicRouter

@testable import Broker

/// Rows that say how their messages wait for the cloud.
@Suite struct UplinkPolicyTests {
    private let broker = Broker(logger: Logger(label: "test"))
    private let link = RecordingLink(loop: EmbeddedEventLoop())
    private let high = SpoolPolicy(priority: 9)
    private let latest = SpoolPolicy(keepsLatestOnly: true)

    private func publish(_ topic: String) throws -> Int? {
        let message = Message(topic: try TopicName(topic), payload: ByteBuffer(string: topic), origin: .cloud)
        guard case .accepted(let targets, _) = broker.makePublisher().publish(message, on: .cloud) else {
            return nil
        }
        return targets
    }

    private func apply(_ rows: [(String, SpoolPolicy?)], andTo target: FunctionARN? = nil) throws {
        var table = try rows.map { filter, policy in
            ResolvedSubscription(
                id: filter,
                source: .cloud,
                subject: try TopicFilter(filter),
                target: .cloud,
                spool: policy
            )
        }
        if let target {
            table.append(
                ResolvedSubscription(
                    id: "function",
                    source: .cloud,
                    subject: try TopicFilter("b"),
                    target: .function(target)
                )
            )
        }
        broker.apply(SubscriptionTable(table))
    }

    @Test("each message goes up under the policy of its row", arguments: [false, true])
    func policies(isUplinkSetLater: Bool) throws {
        if !isUplinkSetLater { broker.setUplink(link) }
        try apply([("a", high), ("b", latest), ("c", nil), ("d", high)])
        if isUplinkSetLater { broker.setUplink(link) }
        for topic in ["a", "b", "c", "d"] { #expect(try publish(topic) == 1) }
        #expect(link.payloads(under: high) == ["a", "d"])
        #expect(link.payloads(under: latest) == ["b"])
        #expect(link.payloads == ["c"])
        #expect(link.wayCount == 2)
    }

    @Test(
        "where rows overlap it goes up once: by the first row with a policy",
        arguments: [
            [("a/#", nil), ("a/+", SpoolPolicy(priority: 9)), ("+/b", SpoolPolicy(keepsLatestOnly: true))],
            [("a/#", SpoolPolicy(priority: 9)), ("a/b", SpoolPolicy(keepsLatestOnly: true)), ("#", nil)],
            [("a/b", SpoolPolicy(priority: 9)), ("a/+", SpoolPolicy(priority: 9))],
        ]
    )
    func overlap(rows: [(String, SpoolPolicy?)]) throws {
        broker.setUplink(link)
        let local = RecordingSubscriber("local")
        broker.subscribe(broker.add(local), to: try TopicFilter("#"), on: .cloud)
        try apply(rows)
        #expect(try publish("a/b") == 2)
        #expect(link.payloads(under: high) == ["a/b"])
        #expect(link.payloads(under: latest).isEmpty && link.payloads.isEmpty)
        #expect(local.payloads == ["a/b"])
    }

    @Test("a new table's order counts, and its policies")
    func swap() throws {
        broker.setUplink(link)
        try apply([("a/#", high), ("a/b", latest)])
        try apply([("a/b", latest), ("a/#", high)])
        #expect(try publish("a/b") == 1)
        #expect(link.payloads(under: latest) == ["a/b"])
        #expect(link.wayCount == 4)
        try apply([("a/#", high)])
        #expect(try publish("a/b") == 1)
        #expect(link.payloads(under: high) == ["a/b"])
        #expect(link.wayCount == 4, "what is there serves again")
        try apply([("a/#", nil)])
        #expect(try publish("a/b") == 1)
        #expect(link.payloads == ["a/b"])
    }

    @Test("each new table may bring new policies: the old ones leave nothing, and no publish misses its way")
    func edits() async throws {
        broker.setUplink(link)
        try apply([("a", high)])
        let isOver = NIOLockedValueBox(false)
        let targets = try await withThrowingTaskGroup(of: [Int?].self) { group in
            group.addTask {
                var targets: [Int?] = []
                while !isOver.withLockedValue(\.self) { targets.append(try publish("a")) }
                return targets
            }
            for ttl in 1...3_000 {
                let missing = try FunctionARN("arn:aws:lambda:::function:missing:\(ttl)")
                try apply([("a", SpoolPolicy(timeToLive: ttl))], andTo: missing)
            }
            isOver.withLockedValue { $0 = true }
            return try await group.next() ?? []
        }
        #expect(targets.allSatisfy { $0 == 1 })
        // Places are used again after a thousand others.
        #expect(broker.subscribers.current.places.count < 1_100)
    }

    @Test("a message for the cloud that is sent again takes the plain way")
    func redrive() throws {
        broker.setUplink(link)
        try apply([("a", high)])
        let message = Message(topic: try TopicName("a"), payload: ByteBuffer(string: "x"), origin: .cloud)
        broker.keepDead(message, target: "cloud", reason: "a test")
        guard case .accepted = broker.redrive(1) else {
            Issue.record("another outcome")
            return
        }
        #expect(link.payloads == ["x"])
    }
}
