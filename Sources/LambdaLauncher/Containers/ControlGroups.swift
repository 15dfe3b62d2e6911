import FoundationEssentials
import Glibc

/// The control groups that limit the memory of this daemon's containers.
struct ControlGroups: Hashable, Sendable {
    /// The kernel's two interfaces: version 1 has a tree for each controller, version 2 one for all.
    enum Version: Hashable, Sendable {
        case v1
        case v2
    }

    /// A group that is still busy after a second stays, and is tried again at the next start.
    private static let removalAttemptsMax = 100

    let version: Version
    /// What the paths of the containers' groups begin with, below where each tree is mounted.
    let prefix: String
    /// Where the trees are mounted.
    let trees: [String]
    /// Where the tree with the memory controller is mounted.
    let memoryTree: String

    /// The group of one container, as `linux.cgroupsPath` takes it.
    func group(of id: String) -> String { "\(prefix)-\(id)" }

    /// The file whose line `oom_kill COUNT` says how many processes the kernel has killed in the container
    /// for want of memory.
    func counter(of id: String) -> String {
        let file = version == .v1 ? "memory.oom_control" : "memory.events"
        return "\(memoryTree)\(group(of: id))/\(file)"
    }

    /// Whether memory that is swapped out can be limited too: some kernels are built or started without.
    let limitsSwap: Bool

    /// Kills what still runs in the containers' groups, and removes those.
    ///
    /// To be called when no container is left, or those that are belong to a daemon that is gone.
    func remove() {
        let slash = prefix.lastIndex(of: "/") ?? prefix.startIndex
        let name = prefix[slash...].dropFirst() + "-"
        for tree in trees {
            let folder = tree + prefix[..<slash]
            for group in folders(in: folder) where group.hasPrefix(name) {
                Self.removeGroup("\(folder)/\(group)")
            }
        }
    }

    /// The same for one container.
    func remove(_ id: String) {
        for tree in trees {
            Self.removeGroup(tree + group(of: id))
        }
    }

    /// Kills what is in a group, and removes it.
    ///
    /// A killed process leaves its group only as it exits, and there is nothing to wait on for that.
    private static func removeGroup(_ folder: String) {
        for pid in lines(of: "\(folder)/cgroup.procs").compactMap({ Int32($0) }) {
            kill(pid, SIGKILL)
        }
        var attemptCount = 0
        while rmdir(folder) != 0, errno == EBUSY, attemptCount < removalAttemptsMax {
            attemptCount += 1
            usleep(10_000)
        }
    }
}

private func folders(in folder: String) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
    return names.filter { name in
        var status = stat()
        return lstat("\(folder)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

/// The lines of one of the kernel's files; none if it can't be read.
func lines(of path: String) -> [Substring] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
}
