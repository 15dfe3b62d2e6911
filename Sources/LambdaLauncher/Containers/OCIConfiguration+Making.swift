import Glibc

/// What every container has.
extension OCIConfiguration {
    /// So many processes and threads one container may have: more than a function needs, and few enough that
    /// a thousand containers that fork without end leave the machine usable.
    private static let processCountMax = 1024
    /// A private `/tmp` counts as the container's memory too, where that is limited.
    private static let temporaryFolderSize = "size=64m"
    /// Nothing is mounted below a file or socket, and crun takes `rro` for folders only.
    private static let readOnlyFile = ["rbind", "ro"]

    /// The configuration of one container.
    ///
    /// - Throws: ``LauncherError`` when a device or a volume of the plan is not there.
    init(
        _ plan: LaunchPlan,
        _ container: ContainerPlan,
        id: String,
        rootFolder: String,
        programs: [String],
        on support: ContainerSupport
    ) throws(LauncherError) {
        let devices = try container.devices.map { device throws(LauncherError) in
            try FoundDevice(device)
        }
        var groups = devices.filter(\.device.addsGroupOwner).map(\.node.gid)
        for mount in container.mounts where mount.addsGroupOwner {
            groups.append(try status(of: mount.source).st_gid)
        }
        let user = support.user(for: plan)
        root = Root(path: rootFolder)
        process = Process(
            user: User(
                uid: user.uid,
                gid: user.gid,
                additionalGids: support.isRootless ? [] : Set(groups).sorted()
            ),
            args: [plan.executable] + plan.arguments,
            env: plan.environment.map { "\($0)=\($1)" },
            cwd: plan.workingDirectory
        )
        mounts = Self.mounts(of: container, programs: programs, on: support)
        linux = Linux(
            id: id,
            devices: devices,
            memoryBytesMax: container.memoryBytesMax,
            on: support
        )
        // The groups of the host can't be named in a user namespace, only kept.
        annotations =
            support.isRootless && !groups.isEmpty ? ["run.oci.keep_original_groups": "1"] : nil
    }

    private static func mounts(
        of container: ContainerPlan,
        programs: [String],
        on support: ContainerSupport
    ) -> [Mount] {
        func memory(_ destination: String, _ options: String...) -> Mount {
            Mount(destination: destination, type: "tmpfs", source: "tmpfs", options: ["nosuid"] + options)
        }
        func bind(_ source: String, _ destination: String, _ options: [String]) -> Mount {
            let options = options + ["nosuid", "nodev"]
            return Mount(destination: destination, type: "bind", source: source, options: options)
        }
        let readOnly = support.readOnlyBind
        var mounts = programs.map { bind($0, $0, readOnly) }
        mounts += [
            Mount(
                destination: "/proc",
                type: "proc",
                source: "proc",
                options: ["nosuid", "noexec", "nodev"]
            ),
            memory("/dev", "mode=755", "size=64k"),
            memory("/dev/shm", "noexec", "nodev", "mode=1777", temporaryFolderSize),
            memory("/tmp", "nodev", "mode=1777", temporaryFolderSize),
            memory("/run", "nodev", "mode=755", "size=1m"),
        ]
        if container.showsSysfs {
            mounts.append(bind("/sys", "/sys", readOnly + ["noexec"]))
        }
        mounts += container.mounts.map { mount in
            let restricted = isFolder(mount.source) ? readOnly : readOnlyFile
            return bind(mount.source, mount.destination, mount.isReadOnly ? restricted : ["rbind", "rw"])
        }
        return mounts
    }
}

extension OCIConfiguration.Linux {
    fileprivate init(
        id: String,
        devices: [FoundDevice],
        memoryBytesMax: Int?,
        on support: ContainerSupport
    ) {
        let groups = support.controlGroups
        cgroupsPath = groups?.group(of: id)
        namespaces = (["pid", "ipc", "uts", "mount"] + (support.isRootless ? ["user"] : [])).map {
            OCIConfiguration.Namespace(type: $0)
        }
        // Itself and nobody else: a file of the host belongs to the same user on both sides.
        uidMappings =
            support.isRootless
            ? [OCIConfiguration.IDMapping(containerID: geteuid(), hostID: geteuid())] : nil
        gidMappings =
            support.isRootless
            ? [OCIConfiguration.IDMapping(containerID: getegid(), hostID: getegid())] : nil
        self.devices = devices.map(\.node)
        resources = groups.map { groups in
            OCIConfiguration.Resources(
                memory: memoryBytesMax.map {
                    OCIConfiguration.Memory(limit: $0, swap: groups.limitsSwap ? $0 : nil)
                },
                pids: OCIConfiguration.Pids(limit: OCIConfiguration.processCountMax),
                // Who has no privileges in the kernel can't load a device filter, nor make a device.
                devices: support.isRootless
                    ? [] : [OCIConfiguration.DeviceRule(allow: false, access: "rwm")] + devices.map(\.rule),
                unified: groups.version == .v2 ? ["memory.oom.group": "1"] : nil
            )
        }
        seccomp = SeccompProfile()
        maskedPaths = [
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
            "/sys/devices/virtual/powercap",
        ]
        readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    }
}

/// A device as it is on the host.
private struct FoundDevice {
    let device: ContainerPlan.Device
    let node: OCIConfiguration.Device
    let rule: OCIConfiguration.DeviceRule

    init(_ device: ContainerPlan.Device) throws(LauncherError) {
        let status = try status(of: device.path)
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFCHR || kind == S_IFBLK else {
            throw LauncherError("its device \(device.path) is no device")
        }
        let type = kind == S_IFCHR ? "c" : "b"
        let number = UInt64(status.st_rdev)
        // `major` and `minor` of sys/sysmacros.h.
        let major = Int64((number >> 8) & 0xfff | (number >> 32) & 0xffff_f000)
        let minor = Int64(number & 0xff | (number >> 12) & 0xffff_ff00)
        self.device = device
        node = OCIConfiguration.Device(
            path: device.path,
            type: type,
            major: major,
            minor: minor,
            fileMode: UInt32(status.st_mode & 0o777),
            uid: status.st_uid,
            gid: status.st_gid
        )
        rule = OCIConfiguration.DeviceRule(
            allow: true,
            type: type,
            major: major,
            minor: minor,
            access: device.isReadOnly ? "r" : "rw"
        )
    }
}

private func status(of path: String) throws(LauncherError) -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else {
        throw LauncherError("its container needs \(path)", errno: errno)
    }
    return status
}

private func isFolder(_ path: String) -> Bool {
    (try? status(of: path)).map { $0.st_mode & S_IFMT == S_IFDIR } ?? true
}
