import Broker
import GreengrassModel
import Logging
import NIOCore
import NIOEmbedded
import Testing
import TopicRouter

@Suite struct SubscriptionTests {
    private let broker = Broker(logger: Logger(label: "test"))

    private func publish(_ topic: String, on bus: BusID) throws -> Int? {
        let message = Message(topic: try TopicName(topic), payload: ByteBuffer(string: topic), origin: .cloud)
        if case .accepted(let targets, _) = broker.makePublisher().publish(message, on: bus) {
            return targets
        }
        return nil
    }

    @Test("a subscription made twice ends when it is taken back twice")
    func counted() throws {
        let id = broker.add(RecordingSubscriber("s"))
        let filter = try TopicFilter("a")
        broker.subscribe(id, to: filter, on: .local)
        broker.subscribe(id, to: filter, on: .local)
        broker.unsubscribe(id, from: filter, on: .local)
        #expect(try publish("a", on: .local) == 1)
        broker.unsubscribe(id, from: filter, on: .local)
        #expect(try publish("a", on: .local) == 0)
        broker.unsubscribe(id, from: filter, on: .local)
    }

    @Test("a removed subscriber gets nothing any more")
    func removed() throws {
        let id = broker.add(RecordingSubscriber("s"))
        broker.subscribe(id, to: try TopicFilter("a"), on: .local)
        broker.subscribe(id, to: try TopicFilter("#"), on: .local)
        broker.remove(id)
        #expect(try publish("a", on: .local) == 0)
    }

    @Test("the link hears of the cloud bus' filters, and of no other's")
    func cloudFilters() throws {
        let link = RecordingLink(loop: EmbeddedEventLoop())
        let id = broker.add(RecordingSubscriber("s"))
        broker.subscribe(id, to: try TopicFilter("before"), on: .cloud)
        broker.setUplink(link)
        broker.subscribe(id, to: try TopicFilter("local"), on: .local)
        broker.subscribe(id, to: try TopicFilter("after"), on: .cloud)
        let other = broker.add(RecordingSubscriber("t"))
        broker.subscribe(other, to: try TopicFilter("after"), on: .cloud)
        broker.remove(id)
        #expect(link.filters.map { $0.map(\.description).sorted() }.first == ["before"])
        #expect(link.filters.last?.map(\.description).sorted() == ["after"])
        broker.unsubscribe(other, from: try TopicFilter("after"), on: .cloud)
        #expect(link.filters.last == [])
    }

    @Test("functions that change their ARNs keep their queues and buses, also when they swap them")
    func redeployment() throws {
        let arns = try ["f:1", "g:1"].map { try FunctionARN("arn:aws:lambda:::function:\($0)") }
        let queues = [RecordingSubscriber("f"), RecordingSubscriber("g")]
        let buses = zip(arns, queues).map { broker.deploy($0, queue: broker.add($1)) }
        func table(from source: FunctionARN, to target: FunctionARN) throws -> SubscriptionTable {
            SubscriptionTable([
                ResolvedSubscription(
                    id: "1",
                    source: .function(source),
                    subject: try TopicFilter("a"),
                    target: .function(target)
                )
            ])
        }
        broker.apply(try table(from: arns[0], to: arns[1]))
        #expect(try publish("a", on: buses[0]) == 1)
        broker.redeploy([arns[0]: arns[1], arns[1]: arns[0]], table: nil)
        #expect(try publish("a", on: buses[0]) == nil)
        #expect(try publish("a", on: buses[1]) == 1)
        #expect(queues.map(\.payloads.count) == [1, 1])
        let next = try FunctionARN("arn:aws:lambda:::function:f:2")
        broker.redeploy([arns[1]: next], table: try table(from: next, to: next))
        #expect(try publish("a", on: buses[0]) == 1)
        #expect(queues.map(\.payloads.count) == [2, 1])
        #expect(broker.deadLetters.count == 0)
    }

    @Test("a new table takes the place of the old one, and leaves other subscriptions alone")
    func swap() throws {
        let arn = try FunctionARN("arn:aws:lambda:eu-central-1:123456789012:function:f:1")
        let id = broker.add(RecordingSubscriber("f"))
        let bus = broker.deploy(arn, queue: id)
        broker.subscribe(id, to: try TopicFilter("event"), on: .cloud)
        let row = { (source: ResolvedSource, filter: String) in
            ResolvedSubscription(
                id: filter,
                source: source,
                subject: try TopicFilter(filter),
                target: .function(arn)
            )
        }
        broker.apply(SubscriptionTable([try row(.function(arn), "old"), try row(.cloud, "event")]))
        #expect(try publish("old", on: bus) == 1)
        broker.apply(SubscriptionTable([try row(.function(arn), "new")]))
        #expect(try publish("old", on: bus) == nil)
        #expect(try publish("new", on: bus) == 1)
        #expect(try publish("event", on: .cloud) == 1)
    }

    @Test("rows that name a function work once it is deployed")
    func laterDeployment() throws {
        let arn = try FunctionARN("arn:aws:lambda:eu-central-1:123456789012:function:f:1")
        broker.apply(
            SubscriptionTable([
                ResolvedSubscription(
                    id: "r",
                    source: .cloud,
                    subject: try TopicFilter("a"),
                    target: .function(arn)
                )
            ])
        )
        #expect(try publish("a", on: .cloud) == 0)
        _ = broker.deploy(arn, queue: broker.add(RecordingSubscriber("f")))
        #expect(try publish("a", on: .cloud) == 1)
    }

    @Test("dead letters are bounded in messages and in bytes; the oldest go")
    func deadLetters() throws {
        let broker = Broker(
            limits: BrokerLimits(deadLetterCountMax: 3, deadLetterBytesMax: 10),
            logger: Logger(label: "test")
        )
        let keep = { (payload: String) in
            broker.keepDead(
                Message(topic: try TopicName("a"), payload: ByteBuffer(string: payload), origin: .cloud),
                target: "t",
                reason: "r"
            )
        }
        for payload in ["1", "2", "3", "4"] {
            try keep(payload)
        }
        #expect(broker.deadLetters.all.map(\.number) == [2, 3, 4])
        try keep("1234567")
        #expect(broker.deadLetters.all.map(\.number) == [4, 5])
        try keep("12345678901")
        #expect(broker.deadLetters.all.isEmpty)
        #expect(broker.deadLetters.evictedCount == 6)
        #expect(broker.counters.deadLettered == 6)
    }
}
