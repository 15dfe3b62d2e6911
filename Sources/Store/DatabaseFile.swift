internal import GRDB
internal import Glibc

/// One of the daemon's SQLite files: opens it, or sets it aside.
struct DatabaseFile {
    /// When SQLite waits for the disk itself, and not only for the system.
    enum Synchronous: String {
        /// At times: a process that is killed loses nothing; a machine that loses its power may lose the last
        /// transactions, and never the file.
        case normal = "NORMAL"
        /// With each transaction: what is committed survives a loss of power too.
        case full = "FULL"
    }

    /// The write-ahead log shrinks to this after a larger transaction.
    private static let logBytesMax = 4 * 1024 * 1024

    let path: String
    let synchronous: Synchronous
    /// What SQLite keeps of the file in memory.
    let cacheKibibytes: Int
    /// The most pages of 4 KiB that it may have; `nil` as many as the disk has room for.
    let pageCountMax: Int?

    /// Opens the file, which is made unless it is there, brings its tables up to date and runs `check`.
    ///
    /// - Throws: `StateError` or `DatabaseError`.
    func open<Contents>(
        _ migrator: DatabaseMigrator,
        check: (DatabaseQueue) throws -> Contents
    ) throws -> (DatabaseQueue, Contents) {
        try makePrivate()
        let database = try DatabaseQueue(path: path, configuration: configuration)
        do {
            // After GRDB, which sets NORMAL with the WAL mode.
            try database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = \(synchronous.rawValue)")
            }
            if try database.read({ try migrator.hasBeenSuperseded($0) }) { throw StateError.newer }
            try migrator.migrate(database)
            return (database, try check(database))
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
        configuration.prepareDatabase { [self] database in
            // Before the first table, without effect later.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "PRAGMA cache_size = -\(cacheKibibytes)")
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
