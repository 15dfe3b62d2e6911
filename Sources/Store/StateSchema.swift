internal import GRDB

/// The tables of `state.db`, and how they came to be: one migration for each change that was published.
///
/// A migration is never changed once it is out; the next one goes below it.
enum StateSchema {
    /// What a message was in every table at first.
    private static let message = """
        topic TEXT NOT NULL,
        payload BLOB NOT NULL,
        origin TEXT NOT NULL,
        hops INTEGER NOT NULL,
        qos INTEGER NOT NULL,
        clientContext TEXT
        """

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("dead letters and waiting work") { database in
            // AUTOINCREMENT remembers the last number, so that none names two letters.
            try database.execute(
                sql: """
                    CREATE TABLE deadLetter (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        millisecondsSinceEpoch INTEGER NOT NULL,
                        target TEXT NOT NULL,
                        reason TEXT NOT NULL,
                        \(message)
                    );
                    CREATE TABLE waitingWork (
                        position INTEGER PRIMARY KEY,
                        component TEXT NOT NULL,
                        function TEXT NOT NULL,
                        invocationID TEXT NOT NULL UNIQUE,
                        deaths INTEGER NOT NULL,
                        \(message)
                    );
                    """
            )
        }
        migrator.registerMigration("properties of messages") { database in
            try database.execute(
                sql: """
                    ALTER TABLE deadLetter ADD COLUMN properties BLOB;
                    ALTER TABLE waitingWork ADD COLUMN properties BLOB;
                    """
            )
        }
        migrator.registerMigration("configurations") { database in
            try database.execute(
                sql: "CREATE TABLE configuration (component TEXT PRIMARY KEY, text TEXT NOT NULL)"
            )
        }
        return migrator
    }
}
