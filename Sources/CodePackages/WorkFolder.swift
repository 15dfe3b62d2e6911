import FoundationEssentials
import Glibc

/// A folder beside a package's own, in which the new package is made and the old one ends.
///
/// It lies on the same file system, only its owner can enter it, and it goes away with this value.
struct WorkFolder: ~Copyable {
    /// Between the name of the package's folder and the six characters that are new each time.
    private static let infix = ".work-"
    private static let randomCount = 6

    private let path: String
    private let folder: String

    /// Where to make the new package.
    var newPackage: String { path + "/new" }

    /// Makes the folder and its parents, and removes those that a crash has left behind.
    init(beside folder: String) throws(PackageProblem) {
        var status = stat()
        guard lstat(folder, &status) != 0 || status.st_mode & S_IFMT == S_IFDIR else {
            throw PackageProblem("\(folder) is no folder and would be lost; move it out of the way")
        }
        let parts = folder.utf8.split(separator: UInt8(ascii: "/")).map {
            String(decoding: $0, as: UTF8.self)
        }
        var parent = ""
        for part in parts.dropLast() {
            parent += "/" + part
            // Functions may run as another user, whatever the daemon's umask.
            guard mkdir(parent, 0o755) == 0 ? chmod(parent, 0o755) == 0 : errno == EEXIST else {
                throw .cannotMake(parent)
            }
        }
        Self.removeLeftovers(of: parts.last ?? "", in: parent + "/")
        let random = String(repeating: "X", count: Self.randomCount)
        var template = Array((folder + Self.infix + random).utf8CString)
        guard mkdtemp(&template) != nil else { throw .cannotMake(folder) }
        self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        self.folder = folder
    }

    deinit {
        FolderTree.remove(path)
    }

    /// Puts the new package in the place of the old folder, if there is one.
    ///
    /// For a moment there is none. A crash then leaves both in the work folder; the next call starts over.
    func replacePackage() throws(PackageProblem) {
        let old = path + "/old"
        guard rename(folder, old) == 0 || errno == ENOENT else { throw .cannotMake(folder) }
        guard rename(newPackage, folder) == 0 else {
            let problem = PackageProblem.cannotMake(folder)
            rename(old, folder)
            throw problem
        }
    }

    private static func removeLeftovers(of name: String, in parent: String) {
        let prefix = (name + infix).utf8
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names.map(\.utf8)
        where name.starts(with: prefix) && name.count == prefix.count + randomCount {
            FolderTree.remove(parent + String(name))
        }
    }
}
