import Glibc

/// Writes a package into a new folder.
struct PackageWriter: ~Copyable {
    private let root: CInt

    /// Makes the folder at `path`; until it is complete, only its owner can enter it.
    init(path: String) throws(PackageProblem) {
        guard mkdir(path, 0o700) == 0 else { throw .cannotMake(path) }
        let root = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { throw .cannotMake(path) }
        self.root = root
    }

    deinit {
        close(root)
    }

    /// Writes everything, links last, so that nothing can be written through one.
    ///
    /// Permissions are set after the fact, since what is made is subject to the daemon's umask. A folder's
    /// can be set at once, for its owner may always write in it.
    func write(_ contents: PackageContents, from archive: borrowing ZipArchive) throws(PackageProblem) {
        for folder in contents.folders {
            guard mkdirat(root, folder.path, 0o700) == 0,
                fchmodat(root, folder.path, folder.permissions, 0) == 0
            else { throw .cannotWrite(folder.path) }
        }
        for file in contents.files {
            try write(file, from: archive)
        }
        for link in contents.links {
            let target = try archive.target(of: link)
            guard symlinkat(target, root, link.path) == 0 else { throw .cannotWrite(link.path) }
        }
        guard fchmod(root, 0o755) == 0 else { throw .cannotWrite(".") }
    }

    private func write(_ file: PackageEntry, from archive: borrowing ZipArchive) throws(PackageProblem) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(root, file.path, flags, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(file.path) }
        defer { close(descriptor) }
        try archive.unpack(file) { (bytes) throws(PackageProblem) in
            guard writeAll(bytes, to: descriptor) else { throw .cannotWrite(file.path) }
        }
        guard fchmod(descriptor, file.permissions) == 0 else { throw .cannotWrite(file.path) }
    }
}

private func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}

extension PackageProblem {
    /// A folder of the daemon's own can't be made.
    static func cannotMake(_ path: String) -> PackageProblem {
        .system("\(path) can't be made; the folder it lies in must be writable and have room")
    }

    /// Something of the package can't be written.
    fileprivate static func cannotWrite(_ path: String) -> PackageProblem {
        .system("it can't be written; make room, or leave it out", entry: path)
    }
}
