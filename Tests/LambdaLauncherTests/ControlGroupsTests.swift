import Foundation
import Glibc
import Testing

@testable import LambdaLauncher

/// The search for control groups, on folders that look like those of other machines.
@Suite("Control groups") struct ControlGroupsTests {
    private let folder = "/tmp/trellis-groups-\(UInt64.random(in: 0 ... .max))"

    private func remove() {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// One tree, with the controllers of its root group.
    private func make(_ tree: String, group: String = "", controllers: String, procs: String = "1\n") throws {
        let path = "\(folder)/\(tree)\(group)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let files = [
            "cgroup.controllers": controllers, "cgroup.subtree_control": "", "cgroup.procs": procs,
        ]
        for (name, text) in files {
            try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        }
    }

    /// A group that is made below has the files of a group only on a real machine.
    private func prepareChild(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder)/\(path)",
            withIntermediateDirectories: true
        )
        for name in ["cgroup.subtree_control", "cgroup.procs"] {
            try "".write(toFile: "\(folder)/\(path)/\(name)", atomically: false, encoding: .utf8)
        }
    }

    private func mount(_ tree: String, _ type: String, _ options: String) -> String {
        "30 23 0:26 / \(folder)/\(tree) rw,nosuid,relatime shared:4 - \(type) cgroup rw,\(options)"
    }

    @Test("on version 2, root makes its group at the top, and every group on the way passes memory on")
    func version2AsRoot() throws {
        defer { remove() }
        try make("cgroup", controllers: "cpuset cpu io memory hugetlb pids\n")
        try make("cgroup", group: "/user.slice", controllers: "memory pids\n", procs: "5\n6\n")
        let groups = try ControlGroups.find(
            name: "trellis-test",
            on: .init(
                mounts: mount("cgroup", "cgroup2", "nsdelegate,memory_recursiveprot"),
                ownGroups: "0::/user.slice",
                isRoot: true
            )
        )
        #expect(groups.version == .v2)
        #expect(groups.group(of: "a") == "/trellis-test-a")
        #expect(groups.counter(of: "a") == "\(folder)/cgroup/trellis-test-a/memory.events")
        let path = "\(folder)/cgroup/cgroup.subtree_control"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "+memory +pids")
        #expect(!groups.limitsSwap)
    }

    @Test("on version 2, a daemon alone in its group moves into one below it", arguments: [true, false])
    func version2Delegated(isRoot: Bool) throws {
        defer { remove() }
        let own = "/system.slice/trellis.service"
        try make("cgroup", controllers: "memory pids\n")
        try make("cgroup", group: own, controllers: "memory pids\n", procs: "\(getpid())\n")
        try prepareChild("cgroup\(own)/trellis-daemon")
        let groups = try ControlGroups.find(
            name: "trellis-test",
            on: .init(
                mounts: mount("cgroup", "cgroup2", "nsdelegate"),
                ownGroups: "0::\(own)",
                isRoot: isRoot
            )
        )
        #expect(groups.group(of: "a") == "\(own)/trellis-test-a")
        let procs = "\(folder)/cgroup\(own)/trellis-daemon/cgroup.procs"
        #expect(try String(contentsOfFile: procs, encoding: .utf8) == "\(getpid())")
    }

    @Test("on version 1, root makes its group in the tree of the memory controller")
    func version1() throws {
        defer { remove() }
        try make("memory", controllers: "")
        try make("devices", controllers: "")
        let machine = ControlGroups.Machine(
            mounts: [
                mount("devices", "cgroup", "devices"), mount("memory", "cgroup", "memory"),
                "31 23 0:27 / /sys/fs/cgroup/unified rw,relatime shared:5 - cgroup2 cgroup2 rw",
            ].joined(separator: "\n"),
            ownGroups: "4:memory:/user\n0::/",
            isRoot: true
        )
        let groups = try ControlGroups.find(name: "trellis-test", on: machine)
        #expect(groups.version == .v1)
        #expect(groups.counter(of: "a") == "\(folder)/memory/trellis-test-a/memory.oom_control")
        #expect(machine.isHybrid)
    }

    @Test(
        "where memory can't be limited, the reason says what would help",
        arguments: [
            ("", "", true, "no control groups are mounted"),
            ("cgroup2", "cpu pids\n", true, "cgroup_enable=memory"),
            ("cgroup", "", false, "need a daemon that runs as root"),
            ("cgroup2", "memory pids\n", false, "Delegate=yes"),
        ]
    )
    func unavailable(type: String, controllers: String, isRoot: Bool, reason: String) throws {
        defer { remove() }
        try make("tree", controllers: controllers)
        if !isRoot { try FileManager.default.removeItem(atPath: "\(folder)/tree/cgroup.subtree_control") }
        let machine = ControlGroups.Machine(
            mounts: type.isEmpty ? "" : mount("tree", type, "memory"),
            ownGroups: "0::/",
            isRoot: isRoot
        )
        let error = #expect(throws: ControlGroups.Unavailable.self) {
            try ControlGroups.find(name: "trellis-test", on: machine)
        }
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }

    @Test("a configuration names the limits in the words of its version", arguments: [true, false])
    func configuration(isVersion2: Bool) throws {
        let groups = ControlGroups(
            version: isVersion2 ? .v2 : .v1,
            prefix: "/prefix",
            trees: [],
            memoryTree: "/nowhere",
            limitsSwap: isVersion2
        )
        let support = ContainerSupport(
            runtime: OCIRuntime(kind: .crun, path: "/usr/bin/crun"),
            controlGroups: .success(groups),
            isRootless: false,
            isHybrid: !isVersion2
        )
        let container = ContainerPlan(devices: [.init(path: "/dev/null")], memoryBytesMax: 1 << 25)
        let configuration = try OCIConfiguration(
            script("true"),
            container,
            id: "one",
            rootFolder: "/root",
            programs: ["/usr"],
            on: support
        )
        let linux = configuration.linux
        #expect(linux.cgroupsPath == "/prefix-one")
        #expect(linux.resources?.memory?.limit == 1 << 25)
        #expect(linux.resources?.memory?.swap == (isVersion2 ? 1 << 25 : nil))
        #expect(linux.resources?.unified == (isVersion2 ? ["memory.oom.group": "1"] : nil))
        #expect(linux.resources?.devices.map(\.access) == ["rwm", "r"])
        #expect(linux.namespaces.map(\.type) == ["pid", "ipc", "uts", "mount"])
        #expect(support.hidesUnified == !isVersion2)
    }

    @Test("in a user namespace the process is its own user, and no device rule is asked for")
    func rootless() throws {
        let support = ContainerSupport(
            runtime: OCIRuntime(kind: .crun, path: "/usr/bin/crun"),
            controlGroups: .failure(.init(reason: "none")),
            isRootless: true,
            isHybrid: true
        )
        let configuration = try OCIConfiguration(
            script("true"),
            ContainerPlan(memoryBytesMax: 1 << 25),
            id: "one",
            rootFolder: "/root",
            programs: ["/usr"],
            on: support
        )
        #expect(configuration.linux.namespaces.last?.type == "user")
        #expect(configuration.linux.uidMappings?.map(\.hostID) == [geteuid()])
        #expect(configuration.process.user.uid == geteuid())
        #expect(configuration.linux.resources == nil && configuration.linux.cgroupsPath == nil)
        #expect(!support.hidesUnified)
    }

    @Test("what a process and all below it hold is added up")
    func memory() throws {
        let lines: [Substring] = [
            "10 (a) b) S 1 10 10 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 6000 3 18446744073709551615",
            "11 (c) S 10 10 10 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 6000 4 18446744073709551615",
            "12 (d) S 11 10 10 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 6000 5 18446744073709551615",
            "13 (e) S 1 10 10 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 6000 100 18446744073709551615",
        ]
        let processes = zip(10..., lines).compactMap { ProcessMemory(Int32($0), $1) }
        #expect(processes.count == 4)
        #expect(ProcessMemory.bytes(below: 10, among: processes) == 12 * Int(getpagesize()))
    }
}
