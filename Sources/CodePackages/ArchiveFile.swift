import Glibc

/// The file of an archive, open for reading and known to be a regular one.
struct ArchiveFile: ~Copyable {
    let sizeBytes: Int
    /// What tells this very state of this very file from any other: size, time of change and inode.
    let fingerprint: String
    private let descriptor: CInt

    /// Opens the file at `path` without ever waiting for anything.
    init(_ path: String) throws(PackageProblem) {
        guard !path.utf8.contains(0) else {
            throw PackageProblem("the path has a zero byte in it, and no file can have that")
        }
        // Without O_NONBLOCK, opening a FIFO waits for somebody to write to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .system("the archive can't be opened; check its path and its permissions")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw PackageProblem("this is no regular file; the path must lead to a zip archive")
        }
        self.descriptor = descriptor
        self.sizeBytes = Int(status.st_size)
        self.fingerprint = status.fingerprint
    }

    deinit {
        close(descriptor)
    }

    /// Whether nobody has written to the file since it was opened.
    var isUnchanged: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.fingerprint == fingerprint
    }

    /// The bytes from `offset` on: `count` of them, or fewer where the file ends or can't be read.
    func bytes(at offset: Int, count: Int) -> [UInt8] {
        // The system writes `count` bytes at most, which is the room there is, and says how many.
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            initializedCount = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    /// The file once more as a stream of the C library, for a reader that closes it.
    func stream() -> UnsafeMutablePointer<FILE>? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        guard let stream = fdopen(copy, "rb") else {
            close(copy)
            return nil
        }
        return stream
    }
}

extension stat {
    fileprivate var fingerprint: String {
        "\(st_size) \(st_mtim.tv_sec).\(st_mtim.tv_nsec) \(st_ino)"
    }
}
