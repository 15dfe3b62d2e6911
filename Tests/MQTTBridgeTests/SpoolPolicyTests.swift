import Broker
import GreengrassModel
import NIOCore
import Testing
import TopicRouter

@testable import MQTTBridge

@Suite("Spool policies")
struct SpoolPolicyTests {
    private var spool = UplinkSpool(
        limits: SpoolLimits(bytesMax: 2048, inFlightMax: 2)
    )

    private mutating func add(
        _ name: String,
        _ payload: String = "",
        bytes: Int = 0,
        under policy: SpoolPolicy = SpoolPolicy(),
        now: NIODeadline = .start
    ) throws {
        let (answer, dropped) = try self.spool.add(name, payload, bytes: bytes, under: policy, now: now)
        #expect(answer == .ok)
        #expect(dropped == [])
    }

    @Test("a higher priority goes first, and equals in the order of their commits")
    mutating func priority() throws {
        for (name, priority) in [("a", 0), ("b", 9), ("c", 4), ("d", 9), ("e", 4), ("f", 0)] {
            let whenFull: SpoolPolicy.FullRule = name < "d" ? .refuse : .dropOldest
            try self.add(name, under: SpoolPolicy(priority: priority, whenFull: whenFull))
        }
        #expect(self.spool.drain() == ["b", "d", "c", "e", "a", "f"])
    }

    @Test("what was in flight waits before the others of its priority again, and after higher ones")
    mutating func lostConnection() throws {
        for name in ["a", "b", "c"] { try self.add(name) }
        for _ in 1...2 { #expect(self.spool.takeNext(now: .start) != nil) }
        try self.add("high", under: SpoolPolicy(priority: 5))
        #expect(self.spool.disconnected().isEmpty)
        #expect(self.spool.drain() == ["high", "a", "b", "c"])
    }

    @Test("a message is forgotten and counted when its time to live is over, also in a full spool")
    mutating func timeToLive() throws {
        let late = NIODeadline.start + .seconds(5)
        try self.add("short", bytes: 800, under: SpoolPolicy(timeToLive: 5))
        try self.add("long", bytes: 200, under: SpoolPolicy(timeToLive: 6))
        try self.add("ever", bytes: 1000)
        let (answer, dropped) = try self.spool.add("new", bytes: 800, now: late - .nanoseconds(1))
        #expect(answer == .full("spooler.maxSizeInBytes 2048"))
        #expect(dropped == [])
        try self.add("new", bytes: 800, now: late)
        #expect(self.spool.expiredCount == 1)
        #expect(self.spool.drain(now: late + .seconds(1)) == ["ever", "new"])
        #expect(self.spool.expiredCount == 2)
        #expect(self.spool.byteCount == 0 && self.spool.count == 0)
    }

    @Test("the newest of a topic takes the place of the one that waits")
    mutating func latest() throws {
        let policy = SpoolPolicy(keepsLatestOnly: true)
        try self.add("t", "1", under: policy)
        try self.add("u", "1", under: policy)
        try self.add("t", "0")
        try self.add("t", "2", under: policy)
        try self.add("t", "3", under: policy)
        #expect(self.spool.supersededCount == 2)
        #expect(self.spool.drain() == ["t 3", "u 1", "t 0"])
        try self.add("t", "4", under: policy)
        #expect(self.spool.drain() == ["t 4"])
        #expect(self.spool.byteCount == 0 && self.spool.count == 0)
    }

    @Test("the newest of a topic takes that place in a full spool too")
    mutating func latestInFullSpool() throws {
        let policy = SpoolPolicy(keepsLatestOnly: true)
        try self.add("t", bytes: 1000, under: policy)
        try self.add("u", bytes: 1048)
        try self.add("t", bytes: 600, under: policy)
        #expect(try self.spool.add("t", bytes: 1002, under: policy).answer != .ok)
        #expect(self.spool.byteCount == 1648)
        #expect(self.spool.drain() == ["t", "u"])
    }

    @Test("what was in flight gives way to a later one of its topic when the connection is lost")
    mutating func latestInFlight() throws {
        let policy = SpoolPolicy(keepsLatestOnly: true)
        try self.add("t", "1", under: policy)
        try self.add("u", "1", under: policy)
        for _ in 1...2 { #expect(self.spool.takeNext(now: .start) != nil) }
        try self.add("t", "2", under: policy)
        #expect(self.spool.disconnected().isEmpty)
        try self.add("u", "2", under: policy)
        #expect(self.spool.drain() == ["u 2", "t 2"])
        #expect(self.spool.supersededCount == 2)
    }

    @Test("topics that are gone leave nothing behind")
    mutating func manyTopics() throws {
        for number in 1...1_000 {
            try self.add("\(number)", under: SpoolPolicy(timeToLive: 60, keepsLatestOnly: true))
            #expect(self.spool.drain() == ["\(number)"])
        }
        #expect(self.spool.rememberedTopicCount <= 65)
    }

    @Test("the oldest that may go makes room, of the same priority or a lower one, and nothing else does")
    mutating func dropOldest() throws {
        let yielding = SpoolPolicy(whenFull: .dropOldest)
        try self.add("stays", bytes: 600)
        try self.add("high", bytes: 200, under: SpoolPolicy(priority: 5, whenFull: .dropOldest))
        try self.add("a", bytes: 400, under: yielding)
        try self.add("b", bytes: 400, under: yielding)
        try self.add("low", bytes: 400, under: SpoolPolicy(priority: 3, whenFull: .dropOldest))
        let (answer, dropped) = try self.spool.add("c", bytes: 600, under: yielding)
        #expect(answer == .ok)
        #expect(dropped == ["low", "a"])
        #expect(try self.spool.add("d", bytes: 1250, under: yielding).answer != .ok, "high and stays stay")
        #expect(try self.spool.add("e", bytes: 600).answer == .full("spooler.maxSizeInBytes 2048"))
        #expect(self.spool.drain() == ["high", "stays", "b", "c"])
    }

    @Test("a message that may be dropped is, and its publisher is told of success")
    mutating func dropNewest() throws {
        try self.add("a", bytes: 2000)
        let (answer, dropped) = try self.spool.add(
            "b",
            bytes: 200,
            under: SpoolPolicy(whenFull: .dropNewest)
        )
        let reason = "the spool is full (spooler.maxSizeInBytes 2048), and its row drops the newest"
        #expect(answer == .gone(reason))
        #expect(dropped == [])
        #expect(self.spool.drain() == ["a"])
    }

    @Test("QoS 0 waits for a connection where it is to, and goes first when there is no room")
    mutating func keepQoS0() throws {
        var limits = self.spool.limits
        limits.keepsQoS0WhenOffline = true
        self.spool = UplinkSpool(limits: limits)
        #expect(try self.spool.add("a", bytes: 1000, qos: .atMostOnce).answer == .ok)
        #expect(try self.spool.add("b", bytes: 1000, qos: .atMostOnce).answer == .ok)
        #expect(self.spool.disconnected().isEmpty)
        let (answer, dropped) = try self.spool.add("c", bytes: 1000)
        #expect(answer == .ok)
        #expect(dropped == ["a"])
        #expect(self.spool.takeNext(now: .start)?.topic.description == "b")
        #expect(self.spool.disconnected().map(\.topic.description) == ["b"], "it may have arrived")
        #expect(self.spool.drain() == ["c"])
    }
}

@Suite("Answers to a PUBLISH")
struct PublishReasonTests {
    private var spool: UplinkSpool

    init() throws {
        var limits = SpoolLimits(bytesMax: 1024, inFlightMax: 1)
        limits.publishRetryMax = 2
        self.spool = UplinkSpool(limits: limits)
        for name in ["a", "b"] { #expect(try self.spool.add(name).answer == .ok) }
    }

    /// Sends one message, which the broker answers with `code`.
    private mutating func answer(_ code: UInt8, now: NIODeadline = .start) -> String {
        guard let message = self.spool.takeNext(now: now) else { return "nothing was sent" }
        self.spool.handedOver(packetID: 7)
        let reason = PublishReason(code: code)
        return switch self.spool.acknowledged(packetID: 7, reason: reason, now: now) {
        case .unknown: "unknown"
        case .delivered(let same): "\(same.topic) delivered"
        case .refused(let same, let reason): "\(same.topic) refused: \(reason)"
        case .deferred(let same, let reason): "\(same.topic) deferred: \(reason), \(message.topic)"
        }
    }

    @Test("nobody subscribed is a success")
    mutating func success() {
        #expect(self.answer(0x10) == "a delivered")
        #expect(self.answer(0x00) == "b delivered")
        #expect(self.spool.isDrained)
    }

    @Test(
        "a reason that would come again ends the message",
        arguments: [
            (0x87, "Not authorized"), (0x90, "Topic Name invalid"), (0x99, "Payload format invalid"),
        ] as [(UInt8, String)]
    )
    mutating func final(code: UInt8, words: String) {
        #expect(self.answer(code) == "a refused: the broker refused it: \(words)")
        #expect(self.answer(0) == "b delivered")
    }

    @Test("a reason that may pass lets it wait, first in its turn and longer each time, and not for ever")
    mutating func passing() {
        var now = NIODeadline.start
        #expect(self.answer(0x97, now: now) == "a deferred: Quota exceeded, a")
        #expect(self.answer(0, now: now + .milliseconds(999)) == "nothing was sent")
        now = now + .seconds(1)
        #expect(self.answer(0x97, now: now) == "a deferred: Quota exceeded, a")
        #expect(self.answer(0, now: now + .milliseconds(1_999)) == "nothing was sent")
        now = now + .seconds(2)
        #expect(
            self.answer(0x80, now: now)
                == "a refused: the broker refused it 3 times, as often as maxPublishRetry says: "
                + "Unspecified error"
        )
        #expect(self.answer(0, now: now) == "b delivered")
    }
}
