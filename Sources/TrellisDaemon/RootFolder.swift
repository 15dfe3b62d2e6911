internal import Glibc

/// The daemon's root folder and what lies in it.
///
/// One daemon runs on a root: it holds a lock on the file `lock`.
struct RootFolder: ~Copyable {
    /// Absolute, without a symbolic link in it.
    let path: String
    private let lock: Int32

    /// Makes the folder and what belongs in it, takes the lock, and removes sockets that a daemon before
    /// left.
    ///
    /// - Throws: `DaemonError` when a folder can't be made or another daemon runs here.
    init(path: String) throws(DaemonError) {
        try Self.check(path)
        for folder in ["", "/logs", "/mosquitto"] {
            try Self.make(path + folder)
        }
        guard let real = realpath(path, nil) else { throw DaemonError("can't find \(path): \(lastError)") }
        defer { free(real) }
        let folder = String(cString: real)
        try Self.check(folder)
        let lock = try Self.takeLock("\(folder)/lock", of: folder)
        for name in [ControlSocket.name, IPCSocket.name] {
            let socket = "\(folder)/\(name)"
            guard unlink(socket) == 0 || errno == ENOENT else {
                let reason = lastError
                close(lock)
                throw DaemonError("can't remove what lies at \(socket): \(reason)")
            }
        }
        self.path = folder
        self.lock = lock
    }

    /// A colon would end the folder in a function's `PYTHONPATH`, and a line end its name in mosquitto's
    /// configuration.
    private static func check(_ path: String) throws(DaemonError) {
        guard let wrong = path.unicodeScalars.first(where: { $0 == ":" || $0.value < 0x20 }) else { return }
        let name = wrong == ":" ? "a colon" : "a control character"
        throw DaemonError(
            "the root \(path.debugDescription) has \(name) in its path: choose another one with --root"
        )
    }

    /// Makes a folder, and those above it, unless it is there.
    private static func make(_ folder: String) throws(DaemonError) {
        guard mkdir(folder, 0o777) != 0 else { return }
        if errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            try make(String(folder[..<slash]))
            guard mkdir(folder, 0o777) != 0 else { return }
        }
        let reason = lastError
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw DaemonError("can't make the folder \(folder): \(reason)")
        }
    }

    private static func takeLock(_ path: String, of folder: String) throws(DaemonError) -> Int32 {
        let lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw DaemonError("can't open \(path): \(lastError)") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw DaemonError(
                "another daemon runs on \(folder) (its lock is held): end it, or give this one another --root"
            )
        }
        return lock
    }

    deinit {
        close(lock)
    }

    var logs: String { "\(path)/logs" }
    var mosquitto: String { "\(path)/mosquitto" }
}

/// The last system call's error, in words.
var lastError: String { String(cString: strerror(errno)) }
