internal import Broker
internal import GRDB

/// The file `state.db`: opens it and reads what it holds, or sets it aside.
struct StateFile {
    /// The rows are written once and read once.
    private static let cacheKibibytes = 256

    /// What the file held when it was opened.
    struct Contents {
        var letters: [DeadLetter] = []
        var lastNumber: UInt64 = 0
        var waitingWork: [WaitingWork] = []
        var configurations: [String: String] = [:]
    }

    private let file: DatabaseFile

    init(path: String, pageCountMax: Int?) {
        file = DatabaseFile(
            path: path,
            synchronous: .normal,
            cacheKibibytes: Self.cacheKibibytes,
            pageCountMax: pageCountMax
        )
    }

    var path: String { file.path }

    /// Opens the file, which is made unless it is there, and reads it whole.
    ///
    /// - Throws: `StateError` or `DatabaseError`.
    func open() throws -> (DatabaseQueue, Contents) {
        try file.open(StateSchema.migrator) { database in
            if let problem = try database.read({ try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }),
                problem != "ok"
            {
                throw StateError.damaged(problem)
            }
            let contents = try database.read { database in
                Contents(
                    letters: try DeadLetter.fetchAll(database),
                    lastNumber: try DeadLetter.lastNumber(database),
                    waitingWork: try WaitingWork.fetchAll(database),
                    configurations: try ConfigurationRows.fetchAll(database)
                )
            }
            database.releaseMemory()
            return contents
        }
    }

    /// Renames the file, so that a new one can take its place.
    ///
    /// - Returns: Its new path.
    /// - Throws: `StateError` when it can't be renamed.
    func setAside() throws -> String {
        try file.setAside()
    }
}
