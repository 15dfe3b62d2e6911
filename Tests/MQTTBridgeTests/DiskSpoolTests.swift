import Broker
import Foundation
import Glibc
import GreengrassModel
import NIOCore
import Store
import TestSupport
import Testing
import TopicRouter

@testable import MQTTBridge

@Suite("MQTT bridge with a spool on the disk", .timeLimit(.minutes(1)))
struct DiskSpoolTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/spool.db" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func bridge(
        port: Int = 1,
        path: String? = nil,
        configure: (inout MQTTBridgeConfiguration) -> Void = { _ in }
    ) throws -> TestBridge {
        try TestBridge(
            port: port,
            configure: { configuration in
                configuration.spoolPath = path ?? self.path
                configure(&configuration)
            }
        )
    }

    /// Publishes, and does not wait.
    private func put(_ test: TestBridge, _ topic: String) throws {
        #expect(try test.publish(topic) == .ok)
    }

    /// The topics of what the file has, while nobody uses it.
    private func stored(at path: String? = nil) throws -> [String] {
        let opened = try SpoolFile.open(path ?? self.path)
        defer { opened.file.close() }
        return try opened.file.messages(at: opened.rows.map(\.position)).map(\.message.topic.description)
    }

    /// Publishes, and waits until the message is kept.
    private func keep(_ test: TestBridge, _ topic: String, _ payload: String = "") async throws {
        let message = try message(topic, payload)
        #expect(test.bridge.reserve(for: message) == .ok)
        try await test.bridge.commit(message)?.get()
    }

    @Test("what publishers were told is kept is sent in order after the bridge is gone without a word")
    func copied() async throws {
        try await MosquittoServer.run { server in
            let copy = "\(folder.path)/copy.db"
            let offline = try bridge()
            try await offline.run {
                for number in 0..<50 { try await keep(offline, "up/\(number)") }
                // What a kill leaves at this moment.
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
                try await keep(offline, "up/too late")
            }
            let again = try bridge(port: server.port, path: copy)
            #expect(again.bridge.restoredCount == 50)
            try await again.run {
                #expect(await again.acknowledged.next(50) == (0..<50).map { "up/\($0) " })
            }
            #expect(try stored(at: copy) == [])
        }
    }

    @Test("a shutdown leaves what waits in the file, and no dead letters")
    func shutdown() async throws {
        let first = try bridge()
        try await first.run {
            for number in 0..<1_000 { try put(first, "\(number)") }
        }
        try await MosquittoServer.run { server in
            let second = try bridge(port: server.port)
            #expect(second.bridge.restoredCount == 1_000)
            try await second.run {
                #expect(await second.acknowledged.next(1_000) == (0..<1_000).map { "\($0) " })
                try put(second, "last")
                #expect(await second.acknowledged.next(1) == ["last "])
            }
        }
        first.drops.add("end")
        #expect(await first.drops.next(1) == ["end"], "nothing was dropped before")
    }

    @Test("publishers on many threads wait for few transactions")
    func together() async throws {
        let test = try bridge()
        try await test.run {
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        for index in 0..<50 { try await keep(test, "\(number)/\(index)") }
                    }
                }
                try await group.waitForAll()
            }
            #expect(test.bridge.status.messageCount == 400)
            let page = try await test.bridge.messages(after: 390, count: 100)
            #expect(page.map(\.message.position) == Array(391...400))
            for number in 0..<8 {
                let all = try await test.bridge.messages(after: 0, count: 1_000).map(\.message.message)
                let topics = all.map(\.topic.description).filter { $0.hasPrefix("\(number)/") }
                #expect(topics == (0..<50).map { "\(number)/\($0)" })
            }
        }
    }

    @Test("a full disk stops nobody: the status tells, and the messages are sent from memory")
    func fullDisk() async throws {
        try await MosquittoServer.run { server in
            let test = try bridge(port: server.port) { $0.spoolPageCountMax = 20 }
            for number in 0..<20 {
                try await keep(test, "\(number)", String(repeating: "x", count: 10_000))
            }
            #expect(test.bridge.status.problem?.contains("SQLite error 13") == true)
            #expect(test.bridge.status.messageCount == 20)
            try await test.run {
                let sent = await test.acknowledged.next(20).map { $0.prefix { $0 != " " } }
                #expect(sent == (0..<20).map { "\($0)" })
            }
        }
    }

    @Test("a file system without room: what fits is kept, what does not becomes dead letters at the end")
    func fullFileSystem() async throws {
        // Where mounting is not allowed the disk of the test before has to do.
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=1m") == 0 else { return }
        defer { umount2(folder.path, CInt(MNT_DETACH)) }
        let test = try bridge()
        try await test.run {
            try await keep(test, "first")
            #expect(test.bridge.status.problem == nil)
            for number in 0..<20 {
                try await keep(test, "\(number)", String(repeating: "x", count: 100_000))
            }
            #expect(test.bridge.status.problem != nil)
            #expect(test.bridge.status.messageCount == 21)
        }
        let kept = try stored()
        #expect(kept.first == "first" && kept.count < 21)
        #expect(await test.drops.next(21 - kept.count).count == 21 - kept.count)
    }

    @Test("a damaged file is set aside when the bridge begins, and a new one begun")
    func damagedBefore() async throws {
        try folder.write(String(repeating: "no database ", count: 1_000).utf8, to: "spool.db")
        let test = try bridge()
        try await test.run {
            #expect(test.bridge.status.problem == nil)
            try await keep(test, "a")
        }
        #expect(try stored() == ["a"])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.contains { $0.hasPrefix("spool.db.damaged-") })
    }

    @Test("a file that is damaged while it is used is set aside, and what is in memory goes on")
    func damagedMeanwhile() async throws {
        let before = try bridge()
        try await before.run {
            // More than SQLite keeps in memory.
            let payload = String(repeating: "x", count: 3_000)
            for number in 0..<800 { #expect(try before.publish("\(number)", payload) == .ok) }
            try await keep(before, "last")
        }
        try await MosquittoServer.run { server in
            let test = try bridge(port: server.port)
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            let size = try file.seekToEnd()
            try file.seek(toOffset: 4_096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4_096))
            try file.close()
            try await test.run {
                // Gone when the first page is read.
                while test.bridge.status.messageCount > 0 { await Task.yield() }
                try await keep(test, "later")
                #expect(await test.acknowledged.upTo { $0 == "later " }.last == "later ")
                #expect(test.bridge.status.problem == nil)
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.contains { $0.hasPrefix("spool.db.damaged-") })
        }
    }

    @Test("where there can be no file messages wait in memory, and the status says why")
    func noFile() async throws {
        #expect(mkdir(path, 0o700) == 0)
        let test = try bridge()
        try await test.run {
            try await keep(test, "a")
            #expect(test.bridge.status.problem?.contains("Is a directory") == true)
            #expect(test.bridge.status.isOnDisk == false)
            #expect(test.bridge.status.messageCount == 1)
        }
        #expect(await test.drops.next(1) == ["a "])
    }

    @Test("waiting messages are shown and purged, in memory and on the disk", arguments: [false, true])
    func inspection(isOnDisk: Bool) async throws {
        let test = try bridge { if !isOnDisk { $0.spoolPath = nil } }
        try await test.run {
            for number in 1...600 {
                let policy = SpoolPolicy(priority: number == 300 ? 9 : 4)
                let message = try message("\(number)")
                let way = test.bridge.subscriber(under: policy)
                #expect(way.reserve(for: message) == .ok)
                try await way.commit(message)?.get()
            }
            #expect(test.bridge.status.isOnDisk == isOnDisk)
            #expect(test.bridge.status.messageCount == 600)
            #expect(try await test.bridge.message(nil)?.message.position == 300)
            #expect(try await test.bridge.message(599)?.message.message.topic.description == "599")
            #expect(try await test.bridge.message(601) == nil)
            let page = try await test.bridge.messages(after: 298, count: 3)
            #expect(page.map(\.message.position) == [299, 300, 301])
            #expect(page.allSatisfy { !$0.isSent })
            #expect(test.bridge.purge([300, 1, 9_999]) == 2)
            #expect(try await test.bridge.message(nil)?.message.position == 2)
            #expect(test.bridge.purge(nil) == 598)
            #expect(test.bridge.status.messageCount == 0 && test.bridge.status.byteCount == 0)
        }
        #expect(try !isOnDisk || stored() == [])
    }

    @Test("a list does not end where all that are shown together go before they are read")
    func vanished() async throws {
        let test = try bridge()
        try await test.run {
            for number in 1..<400 { try put(test, "\(number)") }
            try await keep(test, "400")
            let opened = try SpoolFile.open(path)
            try opened.file.write(SpoolChanges(forgotten: Array(301...380)))
            opened.file.close()
            let page = try await test.bridge.messages(after: 300, count: 40)
            #expect(page.map(\.message.position) == Array(381...400))
            #expect(try await test.bridge.messages(after: 400, count: 40).isEmpty)
        }
    }
}
