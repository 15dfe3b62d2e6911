import Broker
import GreengrassModel
import NIOCore
import Store
import TestSupport
import Testing
import TopicRouter

@testable import MQTTBridge

/// The index and its file, without the thread between them.
@Suite("Spool with a file")
struct SpoolFileTests {
    private let folder: TemporaryFolder
    private var file: SpoolFile
    private var spool: UplinkSpool

    init() throws {
        folder = try TemporaryFolder()
        file = try SpoolFile.open("\(folder.path)/spool.db").file
        spool = UplinkSpool(limits: Self.limits(), hasFile: true)
    }

    private static func limits(pageCount: Int = 8, keepsQoS0: Bool = false) -> SpoolLimits {
        var limits = SpoolLimits(bytesMax: 1024 * 1024, inFlightMax: 5)
        limits.pageCount = pageCount
        limits.loadedCountMax = 2 * pageCount
        limits.keepsQoS0WhenOffline = keepsQoS0
        return limits
    }

    /// Ends the spool without a word, as a kill does, and begins with what the file has.
    private mutating func restart(
        keepsQoS0: Bool = false,
        after pause: TimeAmount = .zero,
        millisecondsSinceEpoch: Int64 = 0
    ) throws {
        file.close()
        let opened = try SpoolFile.open("\(folder.path)/spool.db")
        file = opened.file
        spool = UplinkSpool(limits: Self.limits(keepsQoS0: keepsQoS0), hasFile: true)
        spool.restore(opened.rows, now: .start + pause, millisecondsSinceEpoch: millisecondsSinceEpoch)
    }

    /// Sends and acknowledges everything, reading pages as the writer does.
    private mutating func drain(now: NIODeadline = .start) throws -> [String] {
        spool.connected()
        var sent: [String] = []
        while true {
            sent += spool.drain(now: now)
            let positions = spool.takePage()
            guard !positions.isEmpty else { return sent }
            #expect(spool.didLoad(positions, try file.messages(at: positions)) == 0)
        }
    }

    @Test("what was written is sent after a kill, in order; what was acknowledged is not")
    mutating func kill() throws {
        for number in 0..<100 { #expect(try spool.add("\(number)").answer == .ok) }
        try spool.writeAll(to: file)
        spool.connected()
        for number in 0..<3 {
            #expect(spool.takeNext(now: .start)?.topic.description == "\(number)")
            spool.handedOver(packetID: CInt(number))
        }
        #expect(spool.delivered(packetID: 1) == "1")
        try spool.writeAll(to: file)
        #expect(try spool.add("never written").answer == .ok)
        try restart()
        #expect(spool.count == 99)
        #expect(try drain() == ["0"] + (2..<100).map(String.init))
        try spool.writeAll(to: file)
        try restart()
        #expect(spool.isDrained && spool.count == 0 && spool.byteCount == 0)
        #expect(try spool.add("next").answer == .ok)
        #expect(try drain() == ["next"])
    }

    @Test("a publisher waits for QoS 1 only, and what is acknowledged before it was written never is")
    mutating func demand() throws {
        #expect(spool.demand == [])
        spool.connected()
        #expect(spool.reserve(for: try message("a", qos: .atMostOnce), now: .start).answer == .ok)
        #expect(spool.commit(try message("a", qos: .atMostOnce)) == .kept)
        #expect(spool.demand == [.changes])
        #expect(spool.reserve(for: try message("b"), now: .start).answer == .ok)
        #expect(spool.commit(try message("b")) == .keptOnceWritten)
        #expect(spool.demand == [.changes, .awaited])
        #expect(spool.drain() == ["a", "b"])
        #expect(spool.demand == [.awaited], "its publisher still waits for an answer")
        #expect(spool.takeChanges().isEmpty)
        #expect(spool.demand == [])
    }

    @Test("bodies leave the memory once they are written, and come back in pages, in order of priority")
    mutating func pages() throws {
        var limits = Self.limits()
        limits.bytesMax = 8 * 1024 * 1024
        spool = UplinkSpool(limits: limits, hasFile: true)
        let names = (0..<20_000).map { "\($0)" }
        for name in names {
            let policy = SpoolPolicy(priority: name.hasSuffix("7") ? 9 : 4)
            #expect(try spool.add(name, bytes: 10, under: policy).answer == .ok)
            if spool.demand.contains(.changes), Int(name)?.isMultiple(of: 1_000) == true {
                try spool.writeAll(to: file)
            }
        }
        try spool.writeAll(to: file)
        #expect(spool.loadedCount <= 16)
        var most = 0
        spool.connected()
        var sent: [String] = []
        while true {
            most = max(most, spool.loadedCount)
            if let message = spool.takeNext(now: .start) {
                sent.append("\(message.topic)")
                spool.handedOver(packetID: 1)
                #expect(spool.delivered(packetID: 1) != nil)
            } else {
                let positions = spool.takePage()
                guard !positions.isEmpty else { break }
                #expect(positions.count <= 8)
                #expect(spool.didLoad(positions, try file.messages(at: positions)) == 0)
            }
        }
        #expect(sent == names.filter { $0.hasSuffix("7") } + names.filter { !$0.hasSuffix("7") })
        #expect(most <= 16 + 8)
    }

    @Test("the latest of a topic is the only one in the file too", arguments: [false, true])
    mutating func latest(isWrittenBetween: Bool) throws {
        let policy = SpoolPolicy(keepsLatestOnly: true)
        for payload in ["1", "2", "3"] {
            #expect(try spool.add("t", payload, under: policy).answer == .ok)
            if isWrittenBetween { try spool.writeAll(to: file) }
        }
        try spool.writeAll(to: file)
        try restart()
        #expect(spool.count == 1)
        #expect(try spool.add("t", "4", under: policy).answer == .ok)
        #expect(spool.count == 1)
        #expect(try drain() == ["t 4"])
        try spool.writeAll(to: file)
        try restart()
        #expect(spool.count == 0)
    }

    @Test("a later message is not taken for the earlier one of its topic that is being written")
    mutating func latestDuringWrite() throws {
        let policy = SpoolPolicy(keepsLatestOnly: true)
        #expect(try spool.add("t", "1", under: policy).answer == .ok)
        let changes = spool.takeChanges()
        #expect(try spool.add("t", "2", under: policy).answer == .ok)
        try file.write(changes)
        spool.didWrite(changes)
        #expect(try drain() == ["t 2"])
        try spool.writeAll(to: file)
        try restart()
        #expect(spool.count == 0)
    }

    @Test("what is acknowledged while it is being written is forgotten then")
    mutating func acknowledgedDuringWrite() throws {
        #expect(try spool.add("a").answer == .ok)
        let changes = spool.takeChanges()
        #expect(try drain() == ["a"])
        try file.write(changes)
        spool.didWrite(changes)
        try spool.writeAll(to: file)
        try restart()
        #expect(spool.count == 0)
    }

    @Test(
        "QoS 0 is there after a restart where it waits for connections, else not",
        arguments: [false, true]
    )
    mutating func keepQoS0(isKept: Bool) throws {
        spool = UplinkSpool(limits: Self.limits(keepsQoS0: isKept), hasFile: true)
        spool.connected()
        #expect(try spool.add("a", qos: .atMostOnce).answer == .ok)
        #expect(try spool.add("b").answer == .ok)
        try spool.writeAll(to: file)
        try restart(keepsQoS0: isKept)
        #expect(Array(spool.takeDiscarded().keys) == (isKept ? [] : [1]))
        #expect(try drain() == (isKept ? ["a", "b"] : ["b"]))
    }

    @Test("a message of which only the file has the body is told from there when it is dropped")
    mutating func discard() throws {
        let policy = SpoolPolicy(whenFull: .dropOldest)
        for number in 0..<1_024 {
            #expect(try spool.add("\(number)", bytes: 1_024, under: policy).answer == .ok)
        }
        try spool.writeAll(to: file)
        try restart()
        let (answer, dropped) = try spool.add("new", bytes: 1_024, under: policy)
        #expect(answer == .ok)
        #expect(dropped == [], "not in memory")
        #expect(spool.byteCount == 1024 * 1024)
        let discarded = spool.takeDiscarded()
        #expect(discarded == [1: UplinkSpool.fullReason])
        #expect(try file.messages(at: [1]).map(\.message.topic.description) == ["0"])
        spool.didTell(discarded)
        try spool.writeAll(to: file)
        #expect(try file.messages(at: [1]).isEmpty)
    }

    @Test("a time to live goes on over a restart, whatever the clock does")
    mutating func timeToLive() throws {
        #expect(try spool.add("short", under: SpoolPolicy(timeToLive: 10)).answer == .ok)
        #expect(try spool.add("long", under: SpoolPolicy(timeToLive: 100)).answer == .ok)
        try spool.writeAll(to: file)
        try restart(millisecondsSinceEpoch: 9_999)
        #expect(spool.waitingCount == 2)
        let now = NIODeadline.start + .milliseconds(1)
        #expect(try drain(now: now) == ["long"])
        #expect(spool.expiredCount == 1)
        try restart(millisecondsSinceEpoch: -1_000_000)
        #expect(try drain(now: now) == ["short", "long"], "the clock was set back")
    }

    @Test("without a disk messages wait in memory, up to a bound, and are written when there is one")
    mutating func failure() throws {
        #expect(try spool.add("a").answer == .ok)
        spool.didFail(spool.takeChanges(), because: "no room")
        #expect(spool.status.problem == "the spool's file can't be written: no room")
        #expect(spool.reserve(for: try message("b"), now: .start).answer == .ok)
        #expect(spool.commit(try message("b")) == .kept)
        var limits = Self.limits()
        limits.unwrittenBytesMax = 1_000
        var full = UplinkSpool(limits: limits, hasFile: true)
        #expect(try full.add("a", bytes: 600).answer == .ok)
        full.didFail(full.takeChanges(), because: "no room")
        #expect(
            try full.add("b", bytes: 600).answer
                == .full("600 bytes in memory wait for the spool's file: no room")
        )
        try spool.writeAll(to: file)
        #expect(spool.status.problem == nil)
        try restart()
        #expect(try drain() == ["a", "b"])
    }

    @Test("a lost file costs what was in it only, and the rest goes into the next one")
    mutating func startAnew() throws {
        for number in 0..<50 { #expect(try spool.add("\(number)").answer == .ok) }
        try spool.writeAll(to: file)
        #expect(try spool.add("new").answer == .ok)
        let loaded = spool.loadedCount
        _ = try file.setAside()
        file = try SpoolFile.open("\(folder.path)/spool.db").file
        #expect(spool.startAnew() == 51 - loaded)
        try spool.writeAll(to: file)
        try restart()
        #expect(try drain() == (0..<loaded - 1).map(String.init) + ["new"])
    }

    @Test("a row that is not there any more is lost, and no more")
    mutating func missingRow() throws {
        for number in 0..<3 { #expect(try spool.add("\(number)").answer == .ok) }
        try spool.writeAll(to: file)
        try restart()
        try file.write(SpoolChanges(forgotten: [2]))
        spool.connected()
        let positions = spool.takePage()
        #expect(positions == [1, 2, 3])
        #expect(spool.didLoad(positions, try file.messages(at: positions)) == 1)
        #expect(spool.drain() == ["0", "2"])
        #expect(spool.count == 0)
    }

    @Test("the same things happen with the file and without it", arguments: 1...8)
    mutating func randomWalk(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var plain = UplinkSpool(limits: Self.limits())
        let policies = [
            SpoolPolicy(), SpoolPolicy(priority: 6, whenFull: .dropOldest),
            SpoolPolicy(keepsLatestOnly: true),
            SpoolPolicy(timeToLive: 3),
        ]
        var now = NIODeadline.start
        var (sentHere, sentThere): ([String], [String]) = ([], [])
        for number in 0..<2_000 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<12:
                let policy = policies.randomElement(using: &random) ?? SpoolPolicy()
                let topic = "t\(Int.random(in: 0..<9, using: &random))"
                let here = try spool.add(topic, "\(number)", under: policy, now: now)
                let there = try plain.add(topic, "\(number)", under: policy, now: now)
                #expect(here.answer == there.answer)
            case 12..<15:
                try spool.writeAll(to: file)
            case 15:
                now = now + .seconds(1)
            case 16:
                #expect(spool.disconnected().isEmpty && plain.disconnected().isEmpty)
                spool.connected()
                plain.connected()
            default:
                try step(&spool, &sentHere, now, reads: true)
                try step(&plain, &sentThere, now, reads: false)
            }
            #expect(spool.byteCount == plain.byteCount && spool.count == plain.count)
        }
        // What was not acknowledged comes again.
        _ = (spool.disconnected(), plain.disconnected())
        sentHere += try drain(now: now)
        sentThere += plain.drain(now: now)
        #expect(sentHere == sentThere)
        #expect(spool.expiredCount == plain.expiredCount && spool.supersededCount == plain.supersededCount)
        try spool.writeAll(to: file)
        try restart()
        #expect(spool.count == 0)
    }

    /// Sends some messages, of which not all are acknowledged.
    private func step(
        _ spool: inout UplinkSpool,
        _ sent: inout [String],
        _ now: NIODeadline,
        reads: Bool
    ) throws {
        for packetID: CInt in 1...3 {
            var next = spool.takeNext(now: now)
            while next == nil, reads {
                let positions = spool.takePage()
                guard !positions.isEmpty else { break }
                #expect(spool.didLoad(positions, try file.messages(at: positions)) == 0)
                next = spool.takeNext(now: now)
            }
            guard let next else { return }
            sent.append(next.text)
            spool.handedOver(packetID: packetID)
            if packetID != 2 { #expect(spool.delivered(packetID: packetID) != nil) }
        }
    }
}
