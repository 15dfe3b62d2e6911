internal import Broker
internal import GRDB

/// Waiting work as rows.
extension WaitingWork {
    private static let columns = "component, function, invocationID, deaths, \(StoredMessage.columns)"

    /// All of it, in the order in which it was kept.
    static func fetchAll(_ database: Database) throws -> [WaitingWork] {
        let sql = "SELECT \(columns) FROM waitingWork ORDER BY position"
        let rows = try Row.fetchCursor(database, sql: sql)
        var work: [WaitingWork] = []
        while let row = try rows.next() {
            work.append(try WaitingWork(row))
        }
        return work
    }

    private init(_ row: Row) throws {
        let deaths: Int = try row.checked("deaths")
        guard deaths >= 0 else { throw StateError.damaged("waiting work with \(deaths) deaths") }
        self.init(
            component: try row.checked("component"),
            function: try row.checked("function"),
            invocationID: try row.checked("invocationID"),
            deaths: deaths,
            message: try StoredMessage.message(in: row)
        )
    }

    /// Keeps `work` in place of all that was kept before.
    static func replaceAll(by work: [WaitingWork], _ database: Database) throws {
        try database.execute(sql: "DELETE FROM waitingWork")
        for work in work {
            try work.insert(database)
        }
    }

    private func insert(_ database: Database) throws {
        let sql = """
            INSERT OR REPLACE INTO waitingWork (\(Self.columns))
            VALUES (?, ?, ?, ?, \(StoredMessage.placeholders))
            """
        try database.cachedStatement(sql: sql).execute(
            arguments: StatementArguments(
                [
                    component.databaseValue, function.databaseValue, invocationID.databaseValue,
                    deaths.databaseValue,
                ] + (try StoredMessage.values(of: message))
            )
        )
    }

    static func delete(_ invocationID: String, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM waitingWork WHERE invocationID = ?")
            .execute(arguments: [invocationID])
    }
}
