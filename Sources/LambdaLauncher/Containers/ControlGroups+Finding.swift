import FoundationEssentials
import Glibc

/// Finding out which control groups the daemon may use, and making them usable.
extension ControlGroups {
    /// Why memory can't be limited by control groups.
    struct Unavailable: Error, Hashable {
        let reason: String
    }

    /// What the search looks at; tests put folders of their own there.
    struct Machine {
        /// The text of `/proc/self/mountinfo`.
        var mounts: String
        /// The text of `/proc/self/cgroup`.
        var ownGroups: String
        /// Whether the daemon runs as root.
        var isRoot: Bool

        /// Whether version 2 is mounted beside version 1, at the one place where crun looks for it.
        var isHybrid: Bool { trees.contains { $0.isVersion2 && $0.path == "/sys/fs/cgroup/unified" } }

        /// The daemon's own group in version 2.
        fileprivate var ownGroup: String {
            let line = ownGroups.split(separator: "\n").first { $0.hasPrefix("0::/") }
            return line.map { String($0.dropFirst(3)) } ?? "/"
        }

        fileprivate var trees: [Tree] { mounts.split(separator: "\n").compactMap(Tree.init) }

        /// This machine.
        static func current() -> Machine {
            Machine(
                mounts: lines(of: "/proc/self/mountinfo").joined(separator: "\n"),
                ownGroups: lines(of: "/proc/self/cgroup").joined(separator: "\n"),
                isRoot: geteuid() == 0
            )
        }
    }

    fileprivate struct Tree {
        let path: String
        let isVersion2: Bool
        let controllers: [Substring]

        /// `36 35 0:30 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory`.
        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 4,
                ["cgroup", "cgroup2"].contains(fields[dash + 1])
            else { return nil }
            path = String(fields[4])
            isVersion2 = fields[dash + 1] == "cgroup2"
            controllers = fields[dash + 3].split(separator: ",")
        }
    }

    /// Finds the groups; those of the containers will be called `name` and their ids.
    ///
    /// On version 2 the daemon's process may be moved into a group of its own below the one that was
    /// delegated to it: only groups without processes pass controllers on. So this comes before whatever
    /// shall move along is started.
    static func find(name: String, on machine: Machine = .current()) throws(Unavailable) -> ControlGroups {
        let trees = machine.trees
        let version2 = trees.first { $0.isVersion2 }
        if let memory = trees.first(where: { !$0.isVersion2 && $0.controllers.contains("memory") }) {
            return try findVersion1(name, trees: trees, memory: memory, machine)
        }
        guard let version2 else { throw Unavailable(reason: "no control groups are mounted") }
        guard controllers("cgroup.controllers", of: version2.path).contains("memory") else {
            throw Unavailable(
                reason: "the kernel's memory controller is off (on a Raspberry Pi: cgroup_enable=memory in "
                    + "/boot/firmware/cmdline.txt)"
            )
        }
        return try findVersion2(name, tree: version2.path, machine)
    }

    /// Removes what a daemon before has left of this name.
    static func removeStale(name: String, on machine: Machine) {
        let own = machine.ownGroup == "/" ? "" : machine.ownGroup
        for prefix in Set(["/\(name)", "\(own)/\(name)"]) {
            ControlGroups(
                version: .v1,
                prefix: prefix,
                trees: machine.trees.map(\.path),
                memoryTree: "",
                limitsSwap: false
            ).remove()
        }
    }

    private static func findVersion1(
        _ name: String,
        trees: [Tree],
        memory: Tree,
        _ machine: Machine
    ) throws(Unavailable) -> ControlGroups {
        guard machine.isRoot else {
            throw Unavailable(reason: "control groups of version 1 need a daemon that runs as root")
        }
        return ControlGroups(
            version: .v1,
            prefix: "/\(name)",
            // runc makes groups in version 2 as well.
            trees: trees.map(\.path),
            memoryTree: memory.path,
            limitsSwap: access("\(memory.path)/memory.memsw.limit_in_bytes", F_OK) == 0
        )
    }

    /// Below the group that the daemon alone is in, as in a systemd unit with `Delegate=yes`; else, for root,
    /// at the top.
    private static func findVersion2(
        _ name: String,
        tree: String,
        _ machine: Machine
    ) throws(Unavailable) -> ControlGroups {
        let own = machine.ownGroup
        let isAlone = lines(of: "\(tree)\(own)/cgroup.procs") == ["\(getpid())"]
        let isWritable = access("\(tree)\(own)/cgroup.subtree_control", W_OK) == 0
        let base: String
        if isWritable, isAlone || !machine.isRoot {
            base = own == "/" ? "" : own
            try make("\(tree)\(base)/trellis-daemon")
            try write("\(getpid())", to: "\(tree)\(base)/trellis-daemon/cgroup.procs")
        } else if machine.isRoot {
            base = ""
        } else {
            throw Unavailable(
                reason: "no control group is delegated to the daemon (Delegate=yes in a systemd unit, or "
                    + "systemd-run --user --scope -p Delegate=yes trellis run)"
            )
        }
        // A group passes on to those below it what it was told to pass on.
        try write("+memory +pids", to: "\(tree)\(base)/cgroup.subtree_control")
        return ControlGroups(
            version: .v2,
            prefix: "\(base)/\(name)",
            trees: [tree],
            memoryTree: tree,
            // Every group but the top one has the file, if the kernel has it.
            limitsSwap: access("\(tree)\(own)/memory.swap.max", F_OK) == 0
        )
    }

    private static func controllers(_ file: String, of group: String) -> [Substring] {
        lines(of: "\(group)/\(file)").first?.split(separator: " ") ?? []
    }

    private static func make(_ folder: String) throws(Unavailable) {
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw Unavailable(reason: "making \(folder): \(String(cString: strerror(errno)))")
        }
    }

    private static func write(_ text: String, to path: String) throws(Unavailable) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        guard file >= 0, Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
            throw Unavailable(
                reason: "writing \"\(text)\" to \(path): \(String(cString: strerror(errno)))"
            )
        }
    }
}
