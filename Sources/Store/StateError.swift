internal import GRDB

/// Why `state.db` can't be used.
enum StateError: Error, CustomStringConvertible {
    /// What it holds is not what was written.
    case damaged(String)
    /// A newer Trellis has changed its tables.
    case newer
    /// The system refuses it.
    case system(String)

    var description: String {
        switch self {
        case .damaged(let what): what
        case .newer: "it was written by a newer Trellis"
        case .system(let reason): reason
        }
    }
}

/// What an error of SQLite or of this module means here.
struct StateFailure {
    let error: any Error

    /// The error in words.
    var reason: String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        return "SQLite error \(error.resultCode.rawValue), \(error.message ?? "\(error.resultCode)")"
    }

    /// Whether the file itself is broken, so that another one is needed.
    var meansDamage: Bool {
        switch error {
        case StateError.damaged: true
        case let error as DatabaseError:
            // SQLITE_ERROR: the tables are not those that were made.
            [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR].contains(error.resultCode)
        default: false
        }
    }
}
