import CZip
import Glibc

/// An entry of an archive whose name and type are fit to be unpacked.
///
/// The sizes are what the archive says.
struct PackageEntry {
    /// What is made of an entry.
    enum Kind {
        case file, folder, link
    }

    let index: zip_uint64_t
    /// The path below the package's folder: parts with one slash between them, none of them `.` or `..`.
    let path: String
    let kind: Kind
    /// The permission bits; the owner may always read, and also write and enter when it is a folder.
    let permissions: mode_t
    /// Within the limits, on its own.
    let sizeBytes: Int
    /// How many bytes of the archive's file it takes; any number.
    let packedBytes: UInt64

    /// - Throws: a problem that names the entry when it can't be unpacked as it is.
    init(_ record: ZipRecord, limits: CodePackageLimits) throws(PackageProblem) {
        if let text = record.pathProblem(limits: limits) ?? record.packingProblem {
            throw PackageProblem(text, entry: record.name)
        }
        let kind = try Self.kind(of: record)
        guard let sizeBytes = Int(exactly: record.sizeBytes), sizeBytes <= limits.unpackedBytes else {
            throw .tooManyBytes(limits, entry: record.name)
        }
        guard kind != .folder || sizeBytes == 0 else {
            throw PackageProblem(
                "it is a folder and yet has contents; make the archive again",
                entry: record.name
            )
        }
        self.index = record.index
        self.path = record.path
        self.kind = kind
        self.permissions = Self.permissions(of: kind, mode: record.mode)
        self.sizeBytes = sizeBytes
        self.packedBytes = record.packedBytes
    }

    /// How deep the entry lies: 1 right in the package's folder.
    var depth: Int { path.utf8.count { $0 == UInt8(ascii: "/") } + 1 }

    /// A problem of this entry.
    func problem(_ text: String) -> PackageProblem {
        PackageProblem(text, entry: path)
    }

    private static func kind(of record: ZipRecord) throws(PackageProblem) -> Kind {
        switch record.mode & S_IFMT {
        // Many a tool tells permissions and no type, or nothing at all.
        case 0: return record.isFolder ? .folder : .file
        case S_IFDIR where record.isFolder: return .folder
        case S_IFREG where !record.isFolder: return .file
        case S_IFLNK where !record.isFolder: return .link
        case S_IFDIR, S_IFREG, S_IFLNK:
            throw PackageProblem(
                "its name and its type disagree on whether it is a folder; use another tool",
                entry: record.name
            )
        default:
            throw PackageProblem(
                "it is a device, a pipe or a socket; a package has files, folders and symbolic links only",
                entry: record.name
            )
        }
    }

    /// Those that the archive tells, without set-user-id and the like.
    private static func permissions(of kind: Kind, mode: mode_t) -> mode_t {
        let isFolder = kind == .folder
        if mode == 0 { return isFolder ? 0o755 : 0o644 }
        return mode & 0o777 | (isFolder ? 0o700 : 0o400)
    }
}

extension PackageProblem {
    /// The archive holds more bytes than may be.
    static func tooManyBytes(_ limits: CodePackageLimits, entry: String? = nil) -> PackageProblem {
        PackageProblem(
            "the archive unpacks to more than \(limits.unpackedBytes) bytes; leave out what does not run",
            entry: entry
        )
    }
}
