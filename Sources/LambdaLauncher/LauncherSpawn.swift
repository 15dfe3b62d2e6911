import Glibc

/// A `trellis-launcher` that was just started, and the daemon's end of the socket to it.
struct LauncherSpawn {
    /// The launcher, a child of this process.
    let pid: pid_t
    /// The daemon's end: when it closes, the launcher ends everything and itself.
    let socket: Int32

    /// Starts a launcher.
    ///
    /// - Throws: ``LauncherError`` if there is no such program, or no process or socket could be made.
    init(executable: String) throws(LauncherError) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw LauncherError("making the socket to trellis-launcher", errno: errno)
        }
        defer { close(ends[1]) }
        var pid: pid_t = 0
        let error = Self.spawn(executable, socket: ends[1], pid: &pid)
        guard error == 0 else {
            close(ends[0])
            throw LauncherError("starting \(executable), which belongs beside trellis", errno: error)
        }
        self.pid = pid
        socket = ends[0]
    }

    private static func spawn(_ executable: String, socket: Int32, pid: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // `CONTROL_DESCRIPTOR` of the launcher's protocol.h; the launcher closes what is above it.
        posix_spawn_file_actions_adddup2(&actions, socket, 3)

        return executable.withCString { name in
            var arguments = [UnsafeMutablePointer(mutating: name), nil]
            var environment: [UnsafeMutablePointer<CChar>?] = [nil]
            return posix_spawn(&pid, name, &actions, nil, &arguments, &environment)
        }
    }
}
