package import Broker
internal import GRDB

/// The file of a spool on the disk, `spool.db`: what waits for the cloud, a row for each message.
///
/// Its user decides everything and keeps an index of it in memory; the file keeps what is long, and what
/// must outlive the process. Each call waits for the disk: one thread makes them all.
package final class SpoolFile: Sendable {
    /// The file's name in the root folder: `spool.db` for the cloud, `spool-NAME.db` for another broker.
    package static func name(of broker: String?) -> String {
        broker.map { "spool-\($0).db" } ?? "spool.db"
    }

    /// A page of messages is read at a time, and each is written once.
    private static let cacheKibibytes = 1024

    /// A file that was opened.
    package struct Opened: Sendable {
        /// The file.
        package let file: SpoolFile
        /// What it holds, in the order of the positions.
        package let rows: [SpoolRow]
        /// Where the one before it is now and why, if that was damaged.
        package let setAside: (path: String, reason: String)?
    }

    private let place: DatabaseFile
    /// For tests.
    let database: DatabaseQueue

    private init(_ place: DatabaseFile, _ database: DatabaseQueue) {
        self.place = place
        self.database = database
    }

    /// Opens the file, which is made unless it is there.
    ///
    /// One that is damaged is renamed and never deleted, and an empty one takes its place.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - pageCountMax: The most pages of 4 KiB that the file may have, for tests; `nil` as many as there is
    ///     room for.
    /// - Returns: The file, with what it holds.
    /// - Throws: When there can be no file there.
    package static func open(
        _ path: String,
        pageCountMax: Int? = nil
    ) throws(SpoolFileError) -> Opened {
        // Who was told that a message is kept must be able to rely on it, whatever happens to the machine.
        let place = DatabaseFile(
            path: path,
            synchronous: .full,
            cacheKibibytes: cacheKibibytes,
            pageCountMax: pageCountMax
        )
        do {
            return try open(place, setAside: nil)
        } catch  where error.meansDamage {
            return try open(place, setAside: (try asSpoolFileError { try place.setAside() }, error.reason))
        }
    }

    private static func open(
        _ place: DatabaseFile,
        setAside: (path: String, reason: String)?
    ) throws(SpoolFileError) -> Opened {
        try asSpoolFileError {
            let (database, rows) = try place.open(SpoolSchema.migrator) { database in
                // A look at every row passes through every page of the table; `quick_check` would read the
                // payloads too.
                try database.read { try SpoolRow.fetchAll($0) }
            }
            return Opened(file: SpoolFile(place, database), rows: rows, setAside: setAside)
        }
    }

    /// Makes all changes or none; when it returns they are on the disk.
    package func write(_ changes: SpoolChanges) throws(SpoolFileError) {
        try asSpoolFileError {
            try database.writeWithoutTransaction { database in
                try database.inTransaction {
                    try SpooledMessage.delete(changes.forgotten, database)
                    try SpooledMessage.insert(changes.kept, database)
                    return .commit
                }
            }
        }
    }

    /// The messages at `positions`, in that order; one that is not there is left out.
    package func messages(at positions: [Int64]) throws(SpoolFileError) -> [SpooledMessage] {
        try asSpoolFileError {
            try database.read { database in
                try positions.compactMap { try SpooledMessage.fetch(at: $0, database) }
            }
        }
    }

    /// Closes the file and renames it, so that a new one can take its place.
    ///
    /// - Returns: Its new path.
    package func setAside() throws(SpoolFileError) -> String {
        try? database.close()
        return try asSpoolFileError { try place.setAside() }
    }

    /// Closes the file; nothing can be done with it then.
    package func close() {
        // What is not needed any more goes back to the disk; nothing is lost when that fails.
        _ = try? database.writeWithoutTransaction { try Row.fetchAll($0, sql: "PRAGMA incremental_vacuum") }
        try? database.close()
    }
}

/// Why a spool's file can't be used.
package struct SpoolFileError: Error, CustomStringConvertible {
    /// The error in words.
    package let reason: String
    /// Whether the file itself is broken, so that another one is needed.
    package let meansDamage: Bool

    /// The reason.
    package var description: String { reason }
}

private func asSpoolFileError<Result>(_ body: () throws -> Result) throws(SpoolFileError) -> Result {
    do {
        return try body()
    } catch {
        let failure = StateFailure(error: error)
        throw SpoolFileError(reason: failure.reason, meansDamage: failure.meansDamage)
    }
}
