import Glibc

/// What an archive is unpacked to.
///
/// It is known to be safe to write: every path is new, and leads through folders of the package only.
struct PackageContents {
    /// A folder, explicit or asked for by the name of what lies in it.
    struct Folder {
        let path: String
        var permissions: mode_t
    }

    /// Outer folders before the inner ones.
    private(set) var folders: [Folder] = []
    private(set) var files: [PackageEntry] = []
    private(set) var links: [PackageEntry] = []

    /// What a path is taken by.
    private enum Place {
        /// Nothing but the names of others speaks of this folder so far; its place in `folders`.
        case impliedFolder(Int)
        case folder
        case leaf
    }

    /// By the bytes of the paths: strings are equal when their characters are, such as é in its two forms.
    private var places: [[UInt8]: Place] = [:]

    /// Reads and checks the whole directory of `archive`, and the targets of its links.
    init(of archive: borrowing ZipArchive) throws(PackageProblem) {
        let limits = archive.limits
        var unpackedBytes = 0
        var packedBytes: UInt64 = 0
        for position in 0..<archive.count {
            let entry = try PackageEntry(archive.record(at: position), limits: limits)
            try add(entry, limits: limits)
            unpackedBytes += entry.sizeBytes
            guard unpackedBytes <= limits.unpackedBytes else { throw .tooManyBytes(limits) }
            // Entries that lie on top of each other are a bomb: each costs nothing, and all are to be read.
            let (sum, isOverflow) = packedBytes.addingReportingOverflow(entry.packedBytes)
            guard !isOverflow, sum <= UInt64(archive.fileBytes) else {
                throw PackageProblem(
                    "the archive has less in it than its directory says; make or copy it again"
                )
            }
            packedBytes = sum
        }
        guard unpackedBytes <= limits.ratioFreeBytes || unpackedBytes / limits.ratio <= archive.fileBytes
        else {
            throw PackageProblem(
                "the archive unpacks to more than \(limits.ratio) times its size; leave out what is no code"
            )
        }
        for link in links { _ = try archive.target(of: link) }
        guard !files.isEmpty else {
            throw PackageProblem("the archive has no file in it; make it again with the code of the function")
        }
    }

    private mutating func add(_ entry: PackageEntry, limits: CodePackageLimits) throws(PackageProblem) {
        let path = Array(entry.path.utf8)
        for end in path.indices where path[end] == UInt8(ascii: "/") {
            try addParent(path[..<end], of: entry)
        }
        switch (entry.kind, places[path]) {
        case (.folder, nil):
            places[path] = .folder
            folders.append(Folder(path: entry.path, permissions: entry.permissions))
        case (.folder, .impliedFolder(let index)):
            places[path] = .folder
            folders[index].permissions = entry.permissions
        case (.file, nil):
            places[path] = .leaf
            files.append(entry)
        case (.link, nil):
            places[path] = .leaf
            links.append(entry)
        default:
            throw entry.problem("there are two of this name; make the archive again from an empty one")
        }
        guard places.count <= limits.entries else { throw .tooManyEntries(limits) }
    }

    private mutating func addParent(
        _ parent: ArraySlice<UInt8>,
        of entry: PackageEntry
    ) throws(PackageProblem) {
        let path = Array(parent)
        switch places[path] {
        case .folder, .impliedFolder: break
        case .leaf:
            throw entry.problem(
                "it lies in what is a file or a link and not a folder; make the archive again"
            )
        case nil:
            places[path] = .impliedFolder(folders.count)
            folders.append(Folder(path: String(decoding: path, as: UTF8.self), permissions: 0o755))
        }
    }
}
