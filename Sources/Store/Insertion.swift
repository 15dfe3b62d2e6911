internal import GRDB
internal import GRDBSQLite

/// An INSERT that is made again and again, its values bound with SQLite's own functions: GRDB's arguments
/// take several times as long as all that SQLite does for a row.
struct Insertion {
    private let database: Database
    /// Keeps `handle` alive.
    private let statement: Statement
    private let handle: SQLiteStatement
    private var index: CInt = 0

    init(_ sql: String, _ database: Database) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    /// Binds the next value; SQLite copies what is not a number.
    mutating func bind(_ value: Int64) {
        index += 1
        sqlite3_bind_int64(handle, index, value)
    }

    mutating func bind(_ value: Int64?) {
        if let value { bind(value) } else { bindNull() }
    }

    mutating func bind(_ value: String) {
        index += 1
        var value = value
        value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                _ = sqlite3_bind_text(handle, index, bytes.baseAddress, CInt(bytes.count), copied)
            }
        }
    }

    mutating func bind(_ value: String?) {
        if let value { bind(value) } else { bindNull() }
    }

    mutating func bind(_ value: UnsafeRawBufferPointer) {
        index += 1
        // Without an address it would be NULL.
        guard !value.isEmpty else {
            sqlite3_bind_zeroblob(handle, index, 0)
            return
        }
        sqlite3_bind_blob(handle, index, value.baseAddress, CInt(value.count), copied)
    }

    mutating func bindNull() {
        index += 1
        sqlite3_bind_null(handle, index)
    }

    /// Inserts the row, and begins the next.
    mutating func insert() throws {
        index = 0
        let code = sqlite3_step(handle)
        // Tells the same error again, with its details.
        let resetCode = sqlite3_reset(handle)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: resetCode),
                message: String(cString: sqlite3_errmsg(database.sqliteConnection))
            )
        }
    }
}

/// SQLite's mark for values that it is to copy.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
