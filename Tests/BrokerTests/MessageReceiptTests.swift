import Broker
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing
import TopicRouter

/// A message is done with when the last copy of it is gone, wherever it was.
@Suite struct MessageReceiptTests {
    /// Keeps what it is told until `write`.
    private final class SlowStore: DeadLetterStore {
        private let letters = NIOLockedValueBox<[DeadLetter]>([])

        func restore() -> (letters: [DeadLetter], lastNumber: UInt64) { ([], 0) }

        func keep(_ letter: DeadLetter) { letters.withLockedValue { $0.append(letter) } }

        func forget(_ number: UInt64) {}

        func write() { letters.withLockedValue { $0 = [] } }
    }

    private let doneCount = NIOLockedValueBox(0)
    private var isDone: Bool { doneCount.withLockedValue { $0 } == 1 }

    private func message(_ topic: String) throws -> Message {
        let receipt = MessageReceipt(
            isAwaited: { true },
            onRelease: { [doneCount] in doneCount.withLockedValue { $0 += 1 } }
        )
        return Message(topic: try TopicName(topic), payload: ByteBuffer(), origin: .cloud, receipt: receipt)
    }

    private func publish(_ topic: String, to broker: Broker) throws {
        guard case .accepted = broker.makePublisher().publish(try message(topic), on: .cloud) else {
            Issue.record("another outcome")
            return
        }
    }

    @Test("a copy holds it whatever is changed in the copy, until its receipt is taken away")
    func copies() throws {
        var original: Message? = try message("a")
        var copy = try #require(original)
        copy.topic = try TopicName("b")
        copy.hops += 1
        copy.properties = MessageProperties(contentType: "text/plain")
        original = nil
        #expect(!isDone && copy.receipt?.isAwaited == true)
        copy.receipt = nil
        #expect(isDone && copy.properties?.contentType == "text/plain")
    }

    @Test("one that nobody wants is done with at once")
    func unwanted() throws {
        try publish("a", to: Broker(logger: Logger(label: "test")))
        #expect(isDone)
    }

    @Test("every subscriber holds it, also one that gets it under another topic")
    func subscribers() throws {
        let broker = Broker(logger: Logger(label: "test"))
        let subscriber = RecordingSubscriber("s")
        let link = RecordingLink(loop: EmbeddedEventLoop())
        broker.subscribe(broker.add(subscriber), to: try TopicFilter("a"), on: .cloud)
        broker.map(try TopicFilter("#"), on: .cloud, to: link, prefix: "from/", name: "mapping")
        try publish("a", to: broker)
        #expect(link.messages.map(\.topic.description) == ["from/a"])
        link.clear()
        #expect(!isDone)
        subscriber.clear()
        #expect(isDone)
    }

    @Test("one that waits for another event loop is held, and done with when nobody there takes it")
    func relay() throws {
        let broker = Broker(logger: Logger(label: "test"))
        let loop = EmbeddedEventLoop()
        broker.mapToLocal(try TopicFilter("#"), on: .cloud, eventLoop: loop, prefix: "", name: "mapping")
        try publish("a", to: broker)
        #expect(!isDone)
        loop.run()
        #expect(isDone)
    }

    @Test("a dead letter in memory alone does not hold it: the broker keeps it no longer than we do")
    func deadLetter() throws {
        let broker = Broker(logger: Logger(label: "test"))
        broker.subscribe(
            broker.add(RecordingSubscriber("s", room: 0)),
            to: try TopicFilter("a"),
            on: .cloud
        )
        try publish("a", to: broker)
        #expect(broker.deadLetters.count == 1 && isDone)
    }

    @Test("a dead letter that is to be written holds it until it is")
    func writtenLetter() throws {
        let store = SlowStore()
        let broker = Broker(logger: Logger(label: "test"), deadLetterStore: store)
        broker.keepDead(try message("a"), target: "gone", reason: "a test")
        #expect(broker.deadLetters.count == 1 && !isDone)
        store.write()
        #expect(broker.deadLetters.count == 1 && isDone)
    }
}
