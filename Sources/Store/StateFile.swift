internal import Broker
internal import GRDB
internal import Glibc

/// The file `state.db`: opens it and reads what it holds, or sets it aside.
struct StateFile {
    /// What SQLite keeps of the file in memory: the rows are written once and read once.
    private static let cacheKibibytes = 256
    /// The write-ahead log shrinks to this after a larger transaction.
    private static let logBytesMax = 4 * 1024 * 1024

    /// What the file held when it was opened.
    struct Contents {
        var letters: [DeadLetter] = []
        var lastNumber: UInt64 = 0
        var waitingWork: [WaitingWork] = []
    }

    let path: String
    /// The most pages of 4 KiB that it may have; `nil` as many as the disk has room for.
    let pageCountMax: Int?

    /// Opens the file, which is made unless it is there, and reads it whole.
    ///
    /// - Throws: `StateError` or `DatabaseError`.
    func open() throws -> (DatabaseQueue, Contents) {
        try makePrivate()
        let database = try DatabaseQueue(path: path, configuration: configuration)
        do {
            let migrator = StateSchema.migrator
            if try database.read({ try migrator.hasBeenSuperseded($0) }) { throw StateError.newer }
            if let problem = try database.read({ try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }),
                problem != "ok"
            {
                throw StateError.damaged(problem)
            }
            try migrator.migrate(database)
            let contents = try database.read { database in
                Contents(
                    letters: try DeadLetter.fetchAll(database),
                    lastNumber: try DeadLetter.lastNumber(database),
                    waitingWork: try WaitingWork.fetchAll(database)
                )
            }
            database.releaseMemory()
            return (database, contents)
        } catch {
            try? database.close()
            throw error
        }
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        // Somebody may look into the file with SQLite's own shell.
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { [pageCountMax] database in
            // Before the first table, without effect later.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            // A process that is killed loses nothing by that; a machine that loses its power may lose the
            // last transactions, and never the file.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA cache_size = -\(Self.cacheKibibytes)")
            _ = try Row.fetchOne(database, sql: "PRAGMA journal_size_limit = \(Self.logBytesMax)")
            if let pageCountMax {
                _ = try Row.fetchOne(database, sql: "PRAGMA max_page_count = \(pageCountMax)")
            }
        }
        return configuration
    }

    /// Messages are their owner's alone; SQLite gives the files beside it the same mode.
    private func makePrivate() throws {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StateError.system(String(cString: strerror(errno))) }
        defer { close(file) }
        guard fchmod(file, 0o600) == 0 else { throw StateError.system(String(cString: strerror(errno))) }
    }

    /// Renames the file, and SQLite's files beside it, so that a new one can take its place.
    ///
    /// - Returns: Its new path.
    /// - Throws: `StateError` when it can't be renamed.
    func setAside() throws -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &parts)
        let stem =
            "\(path).damaged-" + String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        var target = stem
        var number = 1
        while access(target, F_OK) == 0 {
            number += 1
            target = "\(stem)-\(number)"
        }
        guard rename(path, target) == 0 else { throw StateError.system(String(cString: strerror(errno))) }
        for suffix in ["-wal", "-shm"] {
            _ = rename(path + suffix, target + suffix)
        }
        return target
    }
}
