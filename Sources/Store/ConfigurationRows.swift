internal import GRDB

/// What components wrote to their configuration, as rows.
enum ConfigurationRows {
    /// All of it, by component.
    static func fetchAll(_ database: Database) throws -> [String: String] {
        let rows = try Row.fetchCursor(database, sql: "SELECT component, text FROM configuration")
        var texts: [String: String] = [:]
        while let row = try rows.next() {
            texts[try row.checked("component")] = try row.checked("text") as String
        }
        return texts
    }

    /// Keeps `text` in place of what was kept of `component`; `nil` keeps nothing.
    static func replace(_ component: String, by text: String?, _ database: Database) throws {
        if let text {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO configuration VALUES (?, ?)")
                .execute(arguments: [component, text])
        } else {
            try database.cachedStatement(sql: "DELETE FROM configuration WHERE component = ?")
                .execute(arguments: [component])
        }
    }
}
