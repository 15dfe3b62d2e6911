import Broker
import GreengrassModel
import Logging
import NIOCore
import NIOEmbedded
import Testing
import TopicRouter

@Suite struct PublisherTests {
    private let broker = Broker(logger: Logger(label: "test"))
    private let sender = "arn:aws:lambda:eu-central-1:123456789012:function:sender:1"
    private let receiver = "arn:aws:lambda:eu-central-1:123456789012:function:receiver:2"

    private func message(_ topic: String, _ payload: String = "x", hops: Int = 0) throws -> Message {
        Message(
            topic: try TopicName(topic),
            payload: ByteBuffer(string: payload),
            origin: .function(try FunctionARN(sender)),
            hops: hops
        )
    }

    private func table(_ rows: [(ResolvedSource, String, ResolvedTarget)]) throws -> SubscriptionTable {
        SubscriptionTable(
            try rows.enumerated().map { number, row in
                ResolvedSubscription(
                    id: "row\(number)",
                    source: row.0,
                    subject: try TopicFilter(row.1),
                    target: row.2
                )
            }
        )
    }

    /// Deploys the sender with a queue nobody looks at.
    private func deploySender() throws -> BusID {
        broker.deploy(try FunctionARN(sender), queue: broker.add(RecordingSubscriber(sender)))
    }

    private func targets(_ outcome: PublishOutcome) -> Int? {
        if case .accepted(let targets, _) = outcome { targets } else { nil }
    }

    @Test("everyone whose filter matches on the bus gets the message, and nobody on another bus")
    func fanOut() throws {
        let all = ["a/b", "a/+", "#"].map { RecordingSubscriber($0) }
        for subscriber in all {
            broker.subscribe(broker.add(subscriber), to: try TopicFilter(subscriber.name), on: .local)
        }
        let elsewhere = RecordingSubscriber("elsewhere")
        broker.subscribe(broker.add(elsewhere), to: try TopicFilter("#"), on: .cloud)
        let publisher = broker.makePublisher()
        #expect(targets(publisher.publish(try message("a/b"), on: .local)) == 3)
        #expect(targets(publisher.publish(try message("c"), on: .local)) == 1)
        #expect(all.map(\.payloads.count) == [1, 1, 2])
        #expect(elsewhere.payloads.isEmpty)
    }

    @Test("overlapping filters of one subscriber give it one copy")
    func overlap() throws {
        let subscriber = RecordingSubscriber("s")
        let id = broker.add(subscriber)
        for filter in ["a/b", "a/+", "a/#", "+/b"] {
            broker.subscribe(id, to: try TopicFilter(filter), on: .local)
        }
        #expect(targets(broker.makePublisher().publish(try message("a/b"), on: .local)) == 1)
        #expect(subscriber.payloads == ["x"])
    }

    @Test("nobody listening is a success on the buses local and cloud")
    func nobody() throws {
        #expect(targets(broker.makePublisher().publish(try message("a"), on: .local)) == 0)
        #expect(targets(broker.makePublisher().publish(try message("a"), on: .cloud)) == 0)
    }

    @Test("a function without a matching row gets the no-subscription error")
    func noSubscription() throws {
        let bus = try deploySender()
        broker.apply(try table([(.function(try FunctionARN(sender)), "a/+", .cloud)]))
        let outcome = broker.makePublisher().publish(try message("b/c"), on: bus)
        guard case .noSubscription = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(broker.counters.withoutSubscription == 1)
        #expect(
            NoSubscription.text(source: sender, subject: "hello/world")
                == "No subscription exists for the source "
                + "arn:aws:lambda:eu-central-1:123456789012:function:sender:1 and subject hello/world. "
                + "Deploy and configure aws.greengrass.LegacySubscriptionRouter component to support "
                + "publishing from Lambdas."
        )
    }

    @Test(
        "rows route to a function, the cloud and the local bus; one for a bus nobody listens on is a match"
    )
    func rows() throws {
        let bus = try deploySender()
        let queue = RecordingSubscriber(receiver)
        _ = broker.deploy(try FunctionARN(receiver), queue: broker.add(queue))
        let link = RecordingLink(loop: EmbeddedEventLoop())
        broker.setUplink(link)
        let listener = RecordingSubscriber("listener")
        broker.subscribe(broker.add(listener), to: try TopicFilter("heard"), on: .local)
        let source = ResolvedSource.function(try FunctionARN(sender))
        broker.apply(
            try table([
                (source, "f", .function(try FunctionARN(receiver))), (source, "c", .cloud),
                (source, "heard", .localBus),
                (source, "unheard", .localBus),
            ])
        )
        let publisher = broker.makePublisher()
        for topic in ["f", "c", "heard"] {
            #expect(targets(publisher.publish(try message(topic, topic), on: bus)) == 1)
        }
        #expect(targets(publisher.publish(try message("unheard"), on: bus)) == 0)
        #expect(queue.payloads == ["f"])
        #expect(link.payloads == ["c"])
        #expect(listener.payloads == ["heard"])
    }

    @Test("a target that is not deployed matches, and its message is kept as a dead letter")
    func undeployed() throws {
        let bus = try deploySender()
        broker.apply(
            try table([(.function(try FunctionARN(sender)), "a", .function(try FunctionARN(receiver)))])
        )
        #expect(targets(broker.makePublisher().publish(try message("a"), on: bus)) == 0)
        let letter = try #require(broker.deadLetters.all.first)
        #expect(letter.target == receiver)
        #expect(letter.reason == "target not deployed")
    }

    @Test("without a link, what is for the cloud is kept as a dead letter, and a direct publish is refused")
    func noLink() throws {
        let bus = try deploySender()
        broker.apply(try table([(.function(try FunctionARN(sender)), "a", .cloud)]))
        #expect(targets(broker.makePublisher().publish(try message("a"), on: bus)) == 0)
        #expect(broker.deadLetters.all.first?.target == "cloud")
        guard case .unavailable = broker.publishToCloud(try message("a")) else { return #expect(Bool(false)) }
    }

    @Test(
        "a message that its only target never takes is refused, and elsewhere delivered to the others",
        arguments: [QueueFullPolicy.bestEffort, .allOrError]
    )
    func refused(policy: QueueFullPolicy) throws {
        let picky = RecordingSubscriber("picky", refusal: "too long")
        let broad = RecordingSubscriber("broad")
        broker.subscribe(broker.add(picky), to: try TopicFilter("#"), on: .local)
        broker.subscribe(broker.add(broad), to: try TopicFilter("b"), on: .local)
        let publisher = broker.makePublisher()
        guard
            case .refused("picky", "too long") = publisher.publish(
                try message("a"),
                on: .local,
                policy: policy
            )
        else { return #expect(Bool(false)) }
        #expect(broker.deadLetters.count == 0)
        let outcome = publisher.publish(try message("b"), on: .local, policy: policy)
        switch policy {
        case .bestEffort:
            #expect(targets(outcome) == 1)
            #expect(broad.payloads == ["x"])
            #expect(broker.deadLetters.all.map(\.reason) == ["too long"])
        case .allOrError:
            guard case .refused = outcome else { return #expect(Bool(false)) }
            #expect(broad.payloads == [] && broad.reservedCount == 0)
        }
    }

    @Test("BestEffort delivers where there is room, AllOrError to all or none")
    func queueFull() throws {
        let roomy = RecordingSubscriber("roomy")
        let tight = RecordingSubscriber("tight", room: 1)
        for subscriber in [roomy, tight] {
            broker.subscribe(broker.add(subscriber), to: try TopicFilter("a"), on: .local)
        }
        let publisher = broker.makePublisher()
        #expect(targets(publisher.publish(try message("a", "1"), on: .local)) == 2)
        #expect(targets(publisher.publish(try message("a", "2"), on: .local, policy: .bestEffort)) == 1)
        #expect(broker.deadLetters.all.map(\.target) == ["tight"])
        #expect([roomy.droppedCount, tight.droppedCount] == [0, 1])
        let outcome = publisher.publish(try message("a", "3"), on: .local, policy: .allOrError)
        guard case .queueFull("tight", "room for 1") = outcome else {
            return #expect(Bool(false), "\(outcome)")
        }
        #expect(roomy.payloads == ["1", "2"])
        #expect(tight.payloads == ["1"])
        #expect(roomy.reservedCount == 0)
        #expect(broker.deadLetters.count == 1)
        #expect(broker.counters.queueFull == 2)
    }

    @Test("a message that passed through more than 16 functions is kept as a dead letter")
    func hops() throws {
        let subscriber = RecordingSubscriber("s")
        broker.subscribe(broker.add(subscriber), to: try TopicFilter("a"), on: .local)
        let publisher = broker.makePublisher()
        #expect(targets(publisher.publish(try message("a", hops: 16), on: .local)) == 1)
        #expect(targets(publisher.publish(try message("a", hops: 17), on: .local)) == 0)
        #expect(subscriber.droppedCount == 1)
        #expect(broker.deadLetters.count == 1)
    }

    @Test("the answer waits for every subscriber that promises durability")
    func durability() throws {
        let loop = EmbeddedEventLoop()
        let promises = [loop.makePromise(of: Void.self), loop.makePromise(of: Void.self)]
        for promise in promises {
            let subscriber = RecordingSubscriber("s", answer: promise.futureResult)
            broker.subscribe(broker.add(subscriber), to: try TopicFilter("a"), on: .local)
        }
        guard
            case .accepted(2, let durability?) = broker.makePublisher().publish(try message("a"), on: .local)
        else { return #expect(Bool(false)) }
        var isKept = false
        durability.assumeIsolated().whenSuccess { isKept = true }
        promises[0].succeed()
        #expect(!isKept)
        promises[1].succeed()
        #expect(isKept)
    }
}
