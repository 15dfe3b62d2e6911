import Glibc

/// The file beside a package's folder that tells from which archive it was unpacked.
///
/// It is missing while the folder is exchanged. So when it is there and right, the folder is complete.
struct UnpackStamp {
    /// To be changed when the same archive would be unpacked in another way.
    private static let format = 1

    private let folder: String
    private let text: String
    private var path: String { folder + ".stamp" }

    /// The stamp that belongs to `folder` once this archive is unpacked there.
    init(of archive: borrowing ArchiveFile, folder: String) {
        self.folder = folder
        self.text = "\(Self.format) \(archive.fingerprint)\n"
    }

    /// Whether the folder is there and holds this very archive.
    var isValid: Bool {
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // With room for one byte more, a longer file differs too.
        var bytes = [UInt8](repeating: 0, count: text.utf8.count + 1)
        let count = read(descriptor, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).elementsEqual(text.utf8)
    }

    /// Takes the stamp away, before the folder changes.
    func remove() throws(PackageProblem) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw .system("\(path) can't be removed; the folder it lies in must be writable")
        }
    }

    /// Writes the stamp, once the folder is complete.
    ///
    /// Without it, or with half of it, the archive is unpacked again the next time; so a failure is no error.
    func write() {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        _ = Glibc.write(descriptor, text, text.utf8.count)
        close(descriptor)
    }
}
