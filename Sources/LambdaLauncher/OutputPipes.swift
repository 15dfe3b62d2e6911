import Glibc

/// One pipe for each level that a process can write to, in the order of their descriptors, or for the first
/// of them.
struct OutputPipes {
    /// The daemon's ends.
    private(set) var readEnds: [Int32] = []
    /// The process's ends.
    private(set) var writeEnds: [Int32] = []

    /// Makes the pipes, which the caller closes.
    ///
    /// - Throws: ``LauncherError`` if the daemon has too many open files; then none is left open.
    init(count: Int = LogLevel.allCases.count) throws(LauncherError) {
        for _ in 0..<count {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else {
                let error = errno
                for descriptor in readEnds + writeEnds {
                    close(descriptor)
                }
                let advice =
                    error == EMFILE
                    ? " (raise the daemon's limit: ulimit -n, or LimitNOFILE in a systemd unit)" : ""
                throw LauncherError("making the pipes for its output\(advice)", errno: error)
            }
            for end in ends {
                // The daemon forks nowhere else, so nothing can run in between.
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            }
            readEnds.append(ends[0])
            writeEnds.append(ends[1])
        }
    }
}
