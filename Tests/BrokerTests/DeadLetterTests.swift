import Logging
import NIOCore
import Testing
import TopicRouter

@testable import Broker

@Suite struct DeadLetterTests {
    private func message(_ payload: String, hops: Int = 0) throws -> Message {
        Message(
            topic: try TopicName("a"),
            payload: ByteBuffer(string: payload),
            origin: .commandLine,
            hops: hops
        )
    }

    private func broker(_ change: (inout BrokerLimits) -> Void = { _ in }) -> Broker {
        var limits = BrokerLimits()
        change(&limits)
        return Broker(limits: limits, logger: Logger(label: "test"))
    }

    @Test("a letter that is put back is in its place again")
    func putBack() throws {
        let broker = broker()
        for payload in ["one", "two", "three"] {
            broker.keepDead(try message(payload), target: "gone", reason: "a test")
        }
        let numbers = broker.deadLetters.all.map(\.number)
        let letter = try #require(broker.deadLetters.take(numbers[1]))
        #expect(broker.deadLetters.letter(numbers[1]) == nil)
        broker.deadLetters.putBack(letter)
        #expect(broker.deadLetters.all.map(\.number) == numbers)
    }

    @Test("when newer ones have taken its room, a letter that is put back goes, as the oldest")
    func eviction() throws {
        let broker = broker { $0.deadLetterCountMax = 2 }
        broker.keepDead(try message("one"), target: "gone", reason: "a test")
        let letter = try #require(broker.deadLetters.take(broker.deadLetters.all[0].number))
        broker.keepDead(try message("two"), target: "gone", reason: "a test")
        broker.keepDead(try message("three"), target: "gone", reason: "a test")
        broker.deadLetters.putBack(letter)
        #expect(broker.deadLetters.all.map { String(buffer: $0.message.payload) } == ["two", "three"])
    }

    @Test("a letter is sent again to its target alone, and its hops count anew")
    func redrive() throws {
        let broker = broker()
        let target = RecordingSubscriber("target")
        _ = broker.add(RecordingSubscriber("other"))
        let id = broker.add(target)
        broker.keepDead(try message("again", hops: 17), target: "target", reason: "a test")
        let number = broker.deadLetters.all[0].number
        guard case .accepted(1, _) = broker.redrive(number) else {
            Issue.record("not accepted")
            return
        }
        #expect(target.payloads == ["again"])
        #expect(target.messages[0].hops == 0)
        #expect(broker.redrive(number) == nil)
        broker.remove(id)
    }

    @Test("a letter whose target is gone or full is kept")
    func kept() throws {
        let broker = broker()
        let id = broker.add(RecordingSubscriber("full", room: 0))
        let gone = broker.add(RecordingSubscriber("gone"))
        broker.remove(gone)
        for target in ["full", "gone"] {
            broker.keepDead(try message(target), target: target, reason: "a test")
        }
        for letter in broker.deadLetters.all {
            switch broker.redrive(letter.number) {
            case .queueFull(let target, _): #expect(target == "full")
            case .unavailable(let reason): #expect(reason.contains("gone"))
            default: Issue.record("sent")
            }
        }
        #expect(broker.deadLetters.all.map(\.target) == ["full", "gone"])
        broker.remove(id)
    }
}
