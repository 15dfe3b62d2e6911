import Broker
import Logging
import NIOCore
import NIOEmbedded
import Testing
import TopicRouter

@Suite("Mapped topics")
struct MappedTopicsTests {
    private let broker = Broker(logger: Logger(label: "test"))
    private let loop = EmbeddedEventLoop()

    private func message(_ topic: String, hops: Int = 0) throws -> Message {
        Message(
            topic: try TopicName(topic),
            payload: ByteBuffer(string: topic),
            origin: .cloud,
            hops: hops,
            qos: .atMostOnce,
            properties: MessageProperties(isRetained: true, contentType: "text/plain")
        )
    }

    @Test("from one broker to another a message gets a prefix, QoS 1 and a hop, and is not retained")
    func betweenLinks() throws {
        let (near, far) = (RecordingLink(loop: loop), RecordingLink(loop: loop))
        let bus = broker.addEndpointBus()
        broker.setLink(near, of: bus)
        broker.map(try TopicFilter("in/+"), on: bus, to: far, prefix: "gateway/", name: "up")
        #expect(near.filters.last == [try TopicFilter("in/+")])
        #expect(far.filters == [])
        let publisher = broker.makePublisher()
        #expect(publisher.publish(try message("in/a"), on: bus).isAccepted(by: 1))
        #expect(publisher.publish(try message("out/a"), on: bus).isAccepted(by: 0))
        let mapped = try #require(far.messages.first)
        #expect(mapped.topic.description == "gateway/in/a")
        #expect((mapped.qos, mapped.hops) == (.atLeastOnce, 1))
        #expect(mapped.properties == MessageProperties(contentType: "text/plain"))
        #expect(far.messages.count == 1 && near.messages.isEmpty)
    }

    @Test("to the local bus it is published on the event loop")
    func toLocal() throws {
        let subscriber = RecordingSubscriber("s")
        broker.subscribe(broker.add(subscriber), to: try TopicFilter("down/#"), on: .local)
        broker.mapToLocal(try TopicFilter("#"), on: .cloud, eventLoop: loop, prefix: "down/", name: "down")
        let publisher = broker.makePublisher()
        for topic in ["a", "b/c"] {
            #expect(publisher.publish(try message(topic), on: .cloud).isAccepted(by: 1))
        }
        #expect(subscriber.messages.isEmpty)
        loop.run()
        #expect(subscriber.messages.map(\.topic.description) == ["down/a", "down/b/c"])
    }

    @Test("what a mapping brings and its target never takes is a dead letter, since nobody can be told")
    func refused() throws {
        let picky = RecordingSubscriber("picky", refusal: "too long")
        broker.subscribe(broker.add(picky), to: try TopicFilter("a"), on: .cloud)
        #expect(broker.makePublisher().publish(try message("a"), on: .cloud).isAccepted(by: 0))
        #expect(broker.deadLetters.all.map(\.reason) == ["too long"])
    }

    @Test("what waits for the local bus is bounded, and more becomes dead letters")
    func bounded() throws {
        broker.mapToLocal(try TopicFilter("#"), on: .cloud, eventLoop: loop, prefix: "", name: "down")
        let publisher = broker.makePublisher()
        for _ in 0..<1_010 {
            _ = publisher.publish(try message("a"), on: .cloud)
        }
        #expect(broker.deadLetters.count == 10)
        loop.run()
        #expect(publisher.publish(try message("a"), on: .cloud).isAccepted(by: 1))
    }

    @Test("mappings in a circle end at the hop limit, and a topic that grew too long too")
    func ends() throws {
        broker.mapToLocal(try TopicFilter("#"), on: .local, eventLoop: loop, prefix: "x/", name: "circle")
        _ = broker.makePublisher().publish(try message("a"), on: .local)
        loop.run()
        let letter = try #require(broker.deadLetters.all.first)
        #expect(letter.message.hops == messageHopsMax)
        #expect(letter.reason.contains("16 hops"))
        let link = RecordingLink(loop: loop)
        broker.map(try TopicFilter("#"), on: .cloud, to: link, prefix: "long/", name: "up")
        let long = String(repeating: "a", count: 65_535)
        _ = broker.makePublisher().publish(try message(long), on: .cloud)
        #expect(broker.deadLetters.all.last?.reason == "the topic is too long with the prefix long/")
    }
}

extension PublishOutcome {
    fileprivate func isAccepted(by count: Int) -> Bool {
        if case .accepted(count, _) = self { true } else { false }
    }
}
