import Broker
import NIOCore
import Testing
import TopicRouter

@testable import MQTTBridge

@Suite("Uplink spool")
struct UplinkSpoolTests {
    private var spool = UplinkSpool(
        limits: SpoolLimits(bytesMax: 1024, inFlightMax: 2)
    )

    private mutating func add(_ name: String, bytes: Int = 0, qos: QoS = .atLeastOnce) throws -> Reservation {
        let (answer, dropped) = try self.spool.add(name, bytes: bytes, qos: qos)
        #expect(dropped.isEmpty)
        return answer
    }

    private mutating func drain() -> [String] { self.spool.drain() }

    @Test("gives messages of both QoS in the order of their commits")
    mutating func order() throws {
        self.spool.connected()
        for (name, qos) in [
            ("a", QoS.atLeastOnce), ("b", .atMostOnce), ("c", .atMostOnce), ("d", .atLeastOnce),
        ] {
            #expect(try self.add(name, qos: qos) == .ok)
        }
        #expect(self.drain() == ["a", "b", "c", "d"])
        #expect(self.spool.isDrained)
    }

    @Test("refuses a new message when QoS 1 fills it, and drops none")
    mutating func full() throws {
        #expect(try self.add("a", bytes: 1000) == .ok)
        #expect(try self.add("b", bytes: 24) == .ok)
        #expect(try self.add("c", bytes: 1) == .full("spooler.maxSizeInBytes 1024"))
        #expect(self.drain() == ["a", "b"])
        #expect(try self.add("c", bytes: 1000) == .ok)
    }

    @Test(
        "drops QoS 0 for a new message, oldest first and no more than needed",
        arguments: [QoS.atMostOnce, .atLeastOnce]
    )
    mutating func dropRule(qos: QoS) throws {
        self.spool.connected()
        #expect(try self.add("one", bytes: 400) == .ok)
        for name in ["old", "older than new", "new"] {
            #expect(try self.add(name, bytes: 200, qos: .atMostOnce) == .ok)
        }
        let newest = try message("newest", String(repeating: "x", count: 300), qos: qos)
        let (answer, dropped) = self.spool.reserve(for: newest, now: .start)
        #expect(answer == .ok)
        #expect(dropped.map { "\($0.topic)" } == ["old", "older than new"])
        #expect(self.spool.commit(newest) == .kept)
        #expect(self.drain() == ["one", "new", "newest"])
    }

    @Test("drops nothing for a message that would not fit even so")
    mutating func hopeless() throws {
        self.spool.connected()
        #expect(try self.add("a", bytes: 800) == .ok)
        #expect(try self.add("b", bytes: 200, qos: .atMostOnce) == .ok)
        #expect(try self.add("c", bytes: 300) == .full("spooler.maxSizeInBytes 1024"))
        #expect(self.drain() == ["a", "b"])
    }

    @Test("bounds the number of messages too")
    mutating func count() throws {
        for index in 0..<4 { #expect(try self.add("\(index)") == .ok) }
        #expect(try self.add("4") == .full("the spool's limit of 4 messages"))
    }

    @Test("counts what a topic has beyond 256 bytes")
    mutating func longTopic() throws {
        #expect(try self.add(String(repeating: "t", count: 256 + 1024)) == .ok)
        #expect(try self.add("b", bytes: 1) == .full("spooler.maxSizeInBytes 1024"))
    }

    @Test("shows no more than 8 MiB at once, or a single message")
    func pages() throws {
        let mebibyte = 1024 * 1024
        var spool = UplinkSpool(limits: SpoolLimits(bytesMax: 64 * mebibyte, inFlightMax: 2))
        for size in [3, 5, 1, 9, 1] { _ = try spool.add("a", bytes: size * mebibyte) }
        for (position, count, expected) in [
            (0, 5, [1, 2]), (0, 1, [1]), (2, 5, [3]), (3, 5, [4]), (4, 5, [5]), (5, 5, []),
        ] as [(Int64, Int, [Int64])] {
            #expect(spool.page(after: position, count: count).map(\.position) == expected)
        }
    }

    @Test("takes cancelled room back")
    mutating func cancel() throws {
        let large = try message("a", String(repeating: "x", count: 1000))
        #expect(self.spool.reserve(for: large, now: .start).answer == .ok)
        #expect(try self.add("b", bytes: 1000) == .full("spooler.maxSizeInBytes 1024"))
        self.spool.cancel(large)
        #expect(try self.add("b", bytes: 1000) == .ok)
    }

    @Test("keeps the room of a message until it is acknowledged, and lets the window's number be in flight")
    mutating func window() throws {
        for index in 0..<4 { #expect(try self.add("\(index)", bytes: 256) == .ok) }
        for packetID: CInt in 1...2 {
            #expect(self.spool.takeNext(now: .start) != nil)
            self.spool.handedOver(packetID: packetID)
        }
        #expect(self.spool.takeNext(now: .start) == nil)
        #expect(try self.add("5", bytes: 1) == .full("spooler.maxSizeInBytes 1024"))
        #expect(self.spool.delivered(packetID: 7) == nil)
        #expect(self.spool.delivered(packetID: 2) == "1")
        #expect(self.spool.takeNext(now: .start)?.topic.description == "2")
        #expect(self.spool.takeNext(now: .start) == nil)
    }

    @Test("gives what was in flight again after a lost connection, first and in order, and drops QoS 0")
    mutating func lostConnection() throws {
        self.spool.connected()
        #expect(try self.add("a") == .ok)
        #expect(try self.add("b", qos: .atMostOnce) == .ok)
        #expect(try self.add("c") == .ok)
        #expect(try self.add("d", qos: .atMostOnce) == .ok)
        _ = self.spool.takeNext(now: .start)
        self.spool.handedOver(packetID: 1)
        _ = self.spool.takeNext(now: .start)
        #expect(self.spool.disconnected().map { "\($0.topic)" } == ["b", "d"])
        #expect(self.spool.delivered(packetID: 1) == nil)
        #expect(self.drain() == ["a", "c"])
        #expect(try self.add("e", bytes: 1000) == .ok)
    }

    @Test("refuses QoS 0 while offline, and a reserved one when the connection went")
    mutating func offline() throws {
        let offline = Reservation.gone(
            "there is no connection to the broker, and QoS 0 messages do not wait for one"
        )
        #expect(try self.add("a", qos: .atMostOnce) == offline)
        self.spool.connected()
        let reserved = try message("b", qos: .atMostOnce)
        #expect(self.spool.reserve(for: reserved, now: .start).answer == .ok)
        _ = self.spool.disconnected()
        #expect(self.spool.commit(reserved) != .kept)
        #expect(self.spool.isDrained)
    }

    @Test("gives up what is left when it closes, and takes nothing more")
    mutating func close() throws {
        #expect(try self.add("a") == .ok)
        #expect(try self.add("b") == .ok)
        let reserved = try message("c")
        #expect(self.spool.reserve(for: reserved, now: .start).answer == .ok)
        _ = self.spool.takeNext(now: .start)
        self.spool.stopAccepting()
        #expect(try self.add("d") == .gone("the bridge is shutting down"))
        #expect(self.spool.close().map { "\($0.topic)" } == ["a", "b"])
        #expect(self.spool.commit(reserved) == .refused("the bridge was shut down"))
    }
}
