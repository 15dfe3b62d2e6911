import Broker
import GRDBSQLite
import NIOCore
import TopicRouter

/// What the spool's file would be without a spool: prepared statements of SQLite in a loop.
final class PlainLoop {
    private let database: OpaquePointer
    private let insertion: OpaquePointer
    private var position: Int64 = 0

    init(path: String, synchronous: String) throws {
        var database: OpaquePointer?
        var insertion: OpaquePointer?
        sqlite3_open(path, &database)
        let setUp = """
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = \(synchronous);
            PRAGMA cache_size = -1024;
            CREATE TABLE message (
                position INTEGER PRIMARY KEY, millisecondsSinceEpoch INTEGER NOT NULL,
                byteCount INTEGER NOT NULL, timeToLive INTEGER, priority INTEGER NOT NULL,
                whenFull TEXT NOT NULL, keepsLatestOnly INTEGER NOT NULL, expiresAtMilliseconds INTEGER,
                qos INTEGER NOT NULL, hops INTEGER NOT NULL, topic TEXT NOT NULL, origin TEXT NOT NULL,
                clientContext TEXT, properties BLOB, payload BLOB NOT NULL
            )
            """
        guard sqlite3_exec(database, setUp, nil, nil, nil) == SQLITE_OK else { fail("no plain database") }
        let sql = """
            INSERT INTO message (position, millisecondsSinceEpoch, byteCount, priority, whenFull,
                keepsLatestOnly, qos, hops, topic, origin, payload)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        sqlite3_prepare_v2(database, sql, -1, &insertion, nil)
        guard let database, let insertion else { fail("no plain statement") }
        self.database = database
        self.insertion = insertion
    }

    deinit {
        sqlite3_finalize(insertion)
        sqlite3_close(database)
    }

    /// A transaction for each element, with so many rows.
    func insert(_ transactions: [Int], _ message: Message) throws {
        let topic = message.topic.description
        for rowCount in transactions {
            sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil)
            for _ in 0..<rowCount { insert(topic, message.payload) }
            guard sqlite3_exec(database, "COMMIT", nil, nil, nil) == SQLITE_OK else { fail("no commit") }
        }
    }

    private func insert(_ topic: String, _ payload: ByteBuffer) {
        position += 1
        for (index, value) in [position, 1_790_000_000_000, Int64(payload.readableBytes), 4].enumerated() {
            sqlite3_bind_int64(insertion, Int32(index + 1), value)
        }
        bind("refuse", at: 5)
        for (index, value) in [Int64(0), 1, 0].enumerated() {
            sqlite3_bind_int64(insertion, Int32(index + 6), value)
        }
        bind(topic, at: 9)
        bind("command line", at: 10)
        payload.withUnsafeReadableBytes { bytes in
            _ = sqlite3_bind_blob(insertion, 11, bytes.baseAddress, Int32(bytes.count), transient)
        }
        guard sqlite3_step(insertion) == SQLITE_DONE else { fail("no plain row") }
        sqlite3_reset(insertion)
    }

    private func bind(_ text: String, at index: Int32) {
        sqlite3_bind_text(insertion, index, text, -1, transient)
    }
}

/// SQLite copies what it is given.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
