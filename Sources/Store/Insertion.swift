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
    /// SQLite's code for the first value of the row that it did not take.
    private var bindCode = SQLITE_OK

    init(_ sql: String, _ database: Database) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    /// Binds the next value; SQLite copies what is not a number.
    mutating func bind(_ value: Int64) {
        bind { sqlite3_bind_int64($0, $1, value) }
    }

    mutating func bind(_ value: Int64?) {
        if let value { bind(value) } else { bindNull() }
    }

    mutating func bind(_ value: String) {
        var value = value
        value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                bind { sqlite3_bind_text($0, $1, bytes.baseAddress, CInt(clamping: bytes.count), copied) }
            }
        }
    }

    mutating func bind(_ value: String?) {
        if let value { bind(value) } else { bindNull() }
    }

    mutating func bind(_ value: UnsafeRawBufferPointer) {
        // Without an address it would be NULL.
        bind { handle, index in
            value.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob(handle, index, value.baseAddress, CInt(clamping: value.count), copied)
        }
    }

    mutating func bindNull() {
        bind { sqlite3_bind_null($0, $1) }
    }

    private mutating func bind(_ bindNext: (SQLiteStatement, CInt) -> CInt) {
        index += 1
        let code = bindNext(handle, index)
        if bindCode == SQLITE_OK { bindCode = code }
    }

    /// Inserts the row, and begins the next.
    ///
    /// - Throws: What SQLite has against the row or one of its values.
    mutating func insert() throws {
        defer { (index, bindCode) = (0, SQLITE_OK) }
        guard bindCode == SQLITE_OK else {
            throw DatabaseError(resultCode: ResultCode(rawValue: bindCode))
        }
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
