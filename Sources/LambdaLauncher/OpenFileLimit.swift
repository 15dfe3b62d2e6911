import Glibc

/// Six descriptors for each of ten thousand processes.
///
/// Where the hard limit is a billion, as in some containers, taking all of it would slow programs that walk
/// through every possible descriptor.
private let openFilesMax: rlim_t = 65_536

/// Raises this process's limit of open files as far as it may go, and returns what it was.
///
/// The result is for ``ProcessLauncher``, which gives it to every process, because programs that use `select`
/// break with a limit above 1024.
package func raiseOpenFileLimit() -> UInt64 {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let original = limit.rlim_cur
    limit.rlim_cur = max(original, min(limit.rlim_max, openFilesMax))
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return UInt64(original)
}
