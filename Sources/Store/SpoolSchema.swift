internal import GRDB

/// The table of `spool.db`, and how it came to be.
///
/// A migration is never changed once it is out; the next one goes below it.
enum SpoolSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("messages") { database in
            // The payload comes last, so that a look at the rest does not pass through a long one.
            try database.execute(
                sql: """
                    CREATE TABLE message (
                        position INTEGER PRIMARY KEY,
                        millisecondsSinceEpoch INTEGER NOT NULL,
                        byteCount INTEGER NOT NULL,
                        timeToLive INTEGER,
                        priority INTEGER NOT NULL,
                        whenFull TEXT NOT NULL,
                        keepsLatestOnly INTEGER NOT NULL,
                        qos INTEGER NOT NULL,
                        hops INTEGER NOT NULL,
                        topic TEXT NOT NULL,
                        origin TEXT NOT NULL,
                        clientContext TEXT,
                        properties BLOB,
                        payload BLOB NOT NULL
                    )
                    """
            )
        }
        return migrator
    }
}
