import Broker
import GRDB
import GRDBSQLite
import Glibc
import GreengrassModel
import NIOCore
import TestSupport
import Testing
import TopicRouter

@testable import Store

@Suite struct SpoolFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private var path: String { "\(folder.path)/spool.db" }

    private func spooled(
        _ position: Int64,
        _ message: Message,
        _ policy: SpoolPolicy = SpoolPolicy()
    ) -> SpooledMessage {
        SpooledMessage(
            position: position,
            millisecondsSinceEpoch: 1_000 + position,
            byteCount: message.payload.readableBytes,
            policy: policy,
            message: message
        )
    }

    /// Every value that a policy can have.
    private static let policies = [
        SpoolPolicy(),
        SpoolPolicy(timeToLive: 1, priority: 0, whenFull: .dropNewest),
        SpoolPolicy(timeToLive: SpoolPolicy.timeToLiveMax, priority: 9, whenFull: .dropOldest),
        SpoolPolicy(keepsLatestOnly: true),
    ]

    @Test("a value that SQLite does not take is an error, and the next row is none the worse")
    func unbound() throws {
        let file = try SpoolFile.open(path).file
        file.database.writeWithoutTransaction {
            _ = sqlite3_limit($0.sqliteConnection, SQLITE_LIMIT_LENGTH, 10_000)
        }
        func message(_ byteCount: Int) throws -> Message {
            Message(
                topic: try TopicName("a"),
                payload: ByteBuffer(repeating: 0, count: byteCount),
                origin: .cloud
            )
        }
        let error = #expect(throws: SpoolFileError.self) {
            try file.write(SpoolChanges(kept: [spooled(1, try message(1)), spooled(2, try message(10_001))]))
        }
        #expect(error?.reason.contains("SQLite error 18") == true, "\(error?.reason ?? "")")
        try file.write(SpoolChanges(kept: [spooled(3, try message(1))]))
        #expect(try file.messages(at: [1, 2, 3]).map(\.position) == [3])
    }

    @Test("messages are the same when the file is opened again, in their order", arguments: [false, true])
    func again(isKilled: Bool) throws {
        let first = try SpoolFile.open(path)
        #expect(first.rows.isEmpty && first.setAside == nil)
        let all = zip(StoreTests.messages, Self.policies).enumerated().map { index, pair in
            spooled(Int64(10 - index), pair.0, pair.1)
        }
        try first.file.write(SpoolChanges(kept: all))
        if !isKilled { first.file.close() }
        let second = try SpoolFile.open(path)
        #expect(second.rows.map(\.position) == [7, 8, 9, 10])
        #expect(second.rows.map(\.policy) == Self.policies.reversed())
        #expect(second.rows.map(\.byteCount) == all.reversed().map(\.byteCount))
        #expect(second.rows.map(\.qos) == all.reversed().map(\.message.qos))
        #expect(second.rows.map(\.millisecondsSinceEpoch) == [1_007, 1_008, 1_009, 1_010])
        #expect(second.rows.map { $0.topic?.description } == ["d", nil, nil, nil])
        let found = try second.file.messages(at: [10, 11, 7])
        #expect(found.map(\.position) == [10, 7])
        #expect(found[0].message.isSame(as: all[0].message) && found[1].message.isSame(as: all[3].message))
        #expect(found.map(\.policy) == [all[0].policy, all[3].policy])
        second.file.close()
    }

    @Test("what is forgotten is gone, and a message takes the place of the one with its position")
    func changes() throws {
        let (file, _, _) = try open()
        try file.write(SpoolChanges(kept: (1...3).map { spooled($0, .example("\($0)")) }))
        try file.write(SpoolChanges(kept: [spooled(2, .example("new"))], forgotten: [1, 17]))
        #expect(try file.messages(at: [1, 2, 3]).map { "\($0.message.topic)" } == ["new", "3"])
        file.close()
    }

    private func open() throws -> (file: SpoolFile, rows: [SpoolRow], setAside: String?) {
        let opened = try SpoolFile.open(path)
        return (opened.file, opened.rows, opened.setAside?.path)
    }

    @Test("a change is made whole or not at all, and the disk may be full")
    func fullDisk() throws {
        let file = try SpoolFile.open(path, pageCountMax: 40).file
        try file.write(SpoolChanges(kept: [spooled(1, .example("first"))]))
        let large = Message.example("large", payload: String(repeating: "x", count: 200_000))
        let error = #expect(throws: SpoolFileError.self) {
            try file.write(
                SpoolChanges(kept: [spooled(2, .example("b")), spooled(3, large)], forgotten: [1])
            )
        }
        #expect(error?.meansDamage == false)
        #expect(error?.reason.contains("SQLite error 13") == true)
        #expect(try file.messages(at: [1, 2, 3]).map(\.position) == [1])
        try file.write(SpoolChanges(kept: [spooled(2, .example("b"))]))
        #expect(try file.messages(at: [1, 2, 3]).map(\.position) == [1, 2])
        file.close()
    }

    @Test("each transaction waits for the disk itself: 2 is FULL, and 1 would be NORMAL")
    func synchronous() throws {
        let (file, _, _) = try open()
        #expect(try file.database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
        #expect(try file.database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        file.close()
    }

    @Test("only the owner may read the file, and those that SQLite puts beside it")
    func permissions() throws {
        let (file, _, _) = try open()
        try file.write(SpoolChanges(kept: [spooled(1, .example("a"))]))
        #expect(try folder.names == ["spool.db", "spool.db-shm", "spool.db-wal"])
        for name in try folder.names {
            #expect(try folder.permissions(of: name) == 0o600, "\(name)")
        }
        file.close()
        #expect(try folder.names == ["spool.db"])
    }

    @Test(
        "a file with rows that cannot be is set aside, whole, and a new one begun",
        arguments: [
            "UPDATE message SET position = 0", "UPDATE message SET position = 9223372036854775807",
            "UPDATE message SET byteCount = -1", "UPDATE message SET byteCount = 9223372036854775807",
            "UPDATE message SET timeToLive = -1", "UPDATE message SET timeToLive = 4294967296",
            "UPDATE message SET timeToLive = 'long'", "UPDATE message SET priority = 10",
            "UPDATE message SET priority = -1", "UPDATE message SET whenFull = 'never'",
            "UPDATE message SET keepsLatestOnly = 'x'", "UPDATE message SET qos = 2",
            "UPDATE message SET millisecondsSinceEpoch = 'soon'",
            "UPDATE message SET millisecondsSinceEpoch = -1",
            "UPDATE message SET keepsLatestOnly = 1, topic = 'a/#'", "DROP TABLE message",
            "ALTER TABLE message DROP COLUMN topic",
        ]
    )
    func impossibleRows(_ sql: String) throws {
        let (first, _, _) = try open()
        try first.write(SpoolChanges(kept: [spooled(1, .example("a"))]))
        first.close()
        let database = try DatabaseQueue(path: path)
        try database.write { try $0.execute(sql: sql) }
        try database.close()
        let bytes = try folder.bytes(of: "spool.db")
        let (second, rows, setAside) = try open()
        #expect(rows.isEmpty)
        let aside = try #require(setAside?.split(separator: "/").last.map(String.init))
        #expect(aside.hasPrefix("spool.db.damaged-"))
        #expect(try folder.bytes(of: aside).count == bytes.count)
        try second.write(SpoolChanges(kept: [spooled(1, .example("b"))]))
        second.close()
    }

    @Test("a message whose body cannot be is an error when it is read, and damage")
    func impossibleBody() throws {
        let (file, _, _) = try open()
        try file.write(SpoolChanges(kept: [spooled(1, .example("a"))]))
        let database = try DatabaseQueue(path: path)
        try database.write { try $0.execute(sql: "UPDATE message SET origin = 'nobody'") }
        try database.close()
        let error = #expect(throws: SpoolFileError.self) { try file.messages(at: [1]) }
        #expect(error?.meansDamage == true)
        let place = try file.setAside()
        #expect(access(place, F_OK) == 0 && access(path, F_OK) != 0)
    }

    @Test("a file that is cut off or overwritten is set aside or read, and never traps")
    func damage() throws {
        let (first, _, _) = try open()
        for number in 1...4 {
            try first.write(
                SpoolChanges(
                    kept: (0..<50).map {
                        spooled(
                            Int64(50 * number + $0),
                            .example("a", payload: String(repeating: "x", count: 20 * $0)),
                            Self.policies[$0 % 4]
                        )
                    }
                )
            )
        }
        first.close()
        let whole = try folder.bytes(of: "spool.db")
        var random = SplitMix64(seed: 7)
        for _ in 1...40 {
            var bytes = whole
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 1..<whole.count, using: &random))
            } else {
                for _ in 1...20 {
                    bytes[Int.random(in: 0..<whole.count, using: &random)] = .random(
                        in: 0...255,
                        using: &random
                    )
                }
            }
            try folder.write(bytes, to: "spool.db", permissions: 0o600)
            guard let opened = try? SpoolFile.open(path) else { continue }
            _ = try? opened.file.messages(at: opened.rows.map(\.position))
            _ = try? opened.file.write(
                SpoolChanges(kept: [spooled(1, .example("a"))], forgotten: opened.rows.map(\.position))
            )
            opened.file.close()
        }
    }

    @Test("a file of a newer version is left as it is")
    func newer() throws {
        try open().file.close()
        let database = try DatabaseQueue(path: path)
        try database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('a later one')") }
        try database.close()
        let error = #expect(throws: SpoolFileError.self) { try SpoolFile.open(path) }
        #expect(error?.reason.contains("newer Trellis") == true)
        #expect(try folder.names == ["spool.db"])
    }
}
