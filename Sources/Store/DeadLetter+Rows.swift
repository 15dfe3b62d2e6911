internal import Broker
internal import GRDB

/// Dead letters as rows.
extension DeadLetter {
    private static let columns = "number, millisecondsSinceEpoch, target, reason, \(StoredMessage.columns)"

    /// Every letter, by ascending numbers.
    static func fetchAll(_ database: Database) throws -> [DeadLetter] {
        let sql = "SELECT \(columns) FROM deadLetter ORDER BY number"
        let rows = try Row.fetchCursor(database, sql: sql)
        var letters: [DeadLetter] = []
        while let row = try rows.next() {
            letters.append(try DeadLetter(row))
        }
        return letters
    }

    /// The last number that any letter had.
    static func lastNumber(_ database: Database) throws -> UInt64 {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'deadLetter'"
        guard let row = try Row.fetchOne(database, sql: sql) else { return 0 }
        return try number(row, "seq")
    }

    private init(_ row: Row) throws {
        self.init(
            number: try Self.number(row, "number"),
            millisecondsSinceEpoch: try row.checked("millisecondsSinceEpoch"),
            message: try StoredMessage.message(in: row),
            target: try row.checked("target"),
            reason: try row.checked("reason")
        )
    }

    /// A number that leaves room for as many again.
    private static func number(_ row: Row, _ column: String) throws -> UInt64 {
        let number: Int64 = try row.checked(column)
        guard number >= 0, number <= Int64.max / 2 else {
            throw StateError.damaged("the dead letter number \(number)")
        }
        return UInt64(number)
    }

    func insert(_ database: Database) throws {
        let sql = """
            INSERT OR REPLACE INTO deadLetter (\(Self.columns))
            VALUES (?, ?, ?, ?, \(StoredMessage.placeholders))
            """
        try database.cachedStatement(sql: sql).execute(
            arguments: StatementArguments(
                [
                    Int64(clamping: number).databaseValue, millisecondsSinceEpoch.databaseValue,
                    target.databaseValue, reason.databaseValue,
                ] + (try StoredMessage.values(of: message))
            )
        )
    }

    static func delete(_ number: UInt64, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM deadLetter WHERE number = ?")
            .execute(arguments: [Int64(clamping: number)])
    }
}
