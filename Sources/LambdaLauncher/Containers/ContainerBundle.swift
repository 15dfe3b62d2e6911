import FoundationEssentials
import Glibc

/// The folder of one container: its `config.json` and the skeleton of its root, where everything is mounted
/// over.
struct ContainerBundle: Sendable {
    /// What of the host's root folder is the programs and what they need; each a folder, or a link into
    /// `/usr`.
    private static let programFolders = ["bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr"]
    /// Where the container's own is mounted.
    private static let ownFolders = ["dev", "proc", "run", "tmp"]
    private static let resolver = "/etc/resolv.conf"

    /// The folder.
    let path: String

    /// Where the runtime says why it failed.
    var log: String { "\(path)/log" }

    /// Makes the folder.
    ///
    /// - Throws: ``LauncherError`` when it can't be made or the plan names what is not there.
    init(
        _ plan: LaunchPlan,
        _ container: ContainerPlan,
        id: String,
        in folder: String,
        on support: ContainerSupport
    ) throws(LauncherError) {
        path = "\(folder)/\(id)"
        do throws(LauncherError) {
            let root = "\(path)/rootfs"
            try Self.make(path, mode: 0o700)
            // Others than the daemon's user begin here.
            try Self.make(root, mode: 0o755)
            let programs = try Self.makeSkeleton(root, showsSysfs: container.showsSysfs)
            var container = container
            if let resolver = Self.resolverElsewhere() {
                container.mounts.insert(ContainerPlan.Mount(source: resolver, destination: resolver), at: 0)
            }
            let configuration = try OCIConfiguration(
                plan,
                container,
                id: id,
                rootFolder: root,
                programs: programs,
                on: support
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            guard let json = try? encoder.encode(configuration) else {
                throw LauncherError("its container can't be described")
            }
            try Self.write(json, to: "\(path)/config.json")
        } catch {
            remove()
            throw error
        }
    }

    /// Removes the folder.
    func remove() {
        Self.remove(path)
    }

    /// Removes a bundle, or what there is of it.
    ///
    /// The runtime mounts in a namespace of its own, so nothing is mounted here. If something were, it would
    /// be left alone: there may be a user's files in it.
    static func remove(_ path: String) {
        var top = stat()
        guard lstat(path, &top) == 0 else { return }
        remove(path, device: top.st_dev)
    }

    private static func remove(_ path: String, device: dev_t) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                remove("\(path)/\(name)", device: device)
            }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// Makes the folders that mounts need.
    ///
    /// - Returns: The host's folders with programs.
    private static func makeSkeleton(_ root: String, showsSysfs: Bool) throws(LauncherError) -> [String] {
        var programs: [String] = []
        for name in programFolders {
            var status = stat()
            guard lstat("/\(name)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFLNK {
                guard let target = realpath("/\(name)", nil) else { continue }
                defer { free(target) }
                guard symlink(target, "\(root)/\(name)") == 0 else {
                    throw LauncherError("making \(root)/\(name)", errno: errno)
                }
            } else {
                try make("\(root)/\(name)", mode: 0o755)
                programs.append("/\(name)")
            }
        }
        for name in ownFolders + (showsSysfs ? ["sys"] : []) {
            // runc gives a mount the mode of the folder that it covers.
            try make("\(root)/\(name)", mode: name == "tmp" ? 0o1777 : 0o755)
        }
        return programs
    }

    /// Where the name server's settings are when `/etc` has only a link to them, out of what is seen.
    private static func resolverElsewhere() -> String? {
        guard let real = realpath(resolver, nil) else { return nil }
        defer { free(real) }
        let path = String(cString: real)
        return path.hasPrefix("/etc/") || path.hasPrefix("/usr/") ? nil : path
    }

    /// Whatever the daemon's umask.
    private static func make(_ folder: String, mode: mode_t) throws(LauncherError) {
        guard mkdir(folder, mode) == 0, chmod(folder, mode) == 0 else {
            throw LauncherError("making \(folder)", errno: errno)
        }
    }

    private static func write(_ data: Data, to path: String) throws(LauncherError) {
        // It holds the function's environment and so its token.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer { close(file) }
        let size = data.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard file >= 0, size == data.count else {
            throw LauncherError("writing \(path)", errno: errno)
        }
    }
}
