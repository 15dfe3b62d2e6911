import FoundationEssentials
import Glibc

/// What containers this machine lets the daemon make.
package struct ContainerSupport: Hashable, Sendable {
    /// How the memory of a container is limited.
    package enum MemoryLimit: Hashable, Sendable {
        /// By the kernel, with control groups of this version.
        case controlGroups(version: Int)
        /// By the daemon, which looks every half second how much is resident; the reason says why.
        case watchdog(reason: String)
    }

    /// Who owns nothing: `nobody` of Debian and most others.
    static let nobody = UserIdentity(uid: 65_534, gid: 65_534)
    /// Recursively read-only mounts came with this kernel.
    private static let recursiveReadOnlyRelease = (major: 5, minor: 12)

    /// The program that makes them.
    package let runtime: OCIRuntime
    /// How their memory is limited.
    package let memoryLimit: MemoryLimit
    /// The groups that do it, if groups do.
    let controlGroups: ControlGroups?
    /// Whether they are made in a user namespace, by a daemon that is not root.
    let isRootless: Bool
    /// Whether the runtime must not see that version 2 of the control groups is mounted beside version 1.
    let hidesUnified: Bool
    /// The options of a mount that can't be written to.
    ///
    /// Plainly read-only is the mount itself only, not what is mounted below it: the control groups below
    /// `/sys` would stay writable, and with them a function's own limits. Where the kernel can't do better,
    /// what is mounted below is left out.
    let readOnlyBind: [String]

    init(
        runtime: OCIRuntime,
        controlGroups: Result<ControlGroups, ControlGroups.Unavailable>,
        isRootless: Bool,
        isHybrid: Bool
    ) {
        self.runtime = runtime
        self.isRootless = isRootless
        // Hiding it takes root.
        hidesUnified = isHybrid && !isRootless && runtime.kind == .crun
        switch controlGroups {
        case .success(let groups):
            self.controlGroups = groups
            memoryLimit = .controlGroups(version: groups.version == .v1 ? 1 : 2)
        case .failure(let unavailable):
            self.controlGroups = nil
            memoryLimit = .watchdog(reason: unavailable.reason)
        }
        readOnlyBind =
            Self.kernelIsAtLeast(Self.recursiveReadOnlyRelease)
            ? ["rbind", "rro"] : isRootless ? ["rbind", "ro"] : ["bind", "ro"]
    }

    /// For people: what makes the containers, and what limits their memory.
    package var description: String {
        let limit =
            switch memoryLimit {
            case .controlGroups(let version): "memory limited by control groups (version \(version))"
            case .watchdog(let reason): "memory watched by the daemon (\(reason))"
            }
        return "\(runtime.kind.rawValue)\(isRootless ? " in a user namespace" : ""), \(limit)"
    }

    /// Who a process runs as: the plan's user, else the daemon's own, but never root.
    func user(for plan: LaunchPlan) -> UserIdentity {
        if isRootless { return UserIdentity(uid: geteuid(), gid: getegid()) }
        return plan.user ?? Self.nobody
    }

    private static func kernelIsAtLeast(_ release: (major: Int, minor: Int)) -> Bool {
        let text = lines(of: "/proc/sys/kernel/osrelease").first ?? ""
        let numbers = text.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (release.major, release.minor)
    }
}
