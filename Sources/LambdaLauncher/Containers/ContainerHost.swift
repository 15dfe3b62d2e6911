import FoundationEssentials
import Glibc

/// Where the daemon's containers live: their bundles, and what the runtime keeps of them.
struct ContainerHost: Sendable {
    /// The runtime needs nothing of the daemon's environment.
    private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]

    let support: ContainerSupport
    /// The folder of it all, which nobody else writes to.
    let folder: String

    private var stateFolder: String { "\(folder)/state" }

    /// Takes a folder, which need not exist, and removes what a daemon before has left there.
    ///
    /// - Throws: ``LauncherError`` when the folder can't be made.
    init(_ support: ContainerSupport, folder: String) throws(LauncherError) {
        self.support = support
        self.folder = folder
        ContainerBundle.remove(folder)
        for path in [folder, stateFolder] {
            guard mkdir(path, 0o755) == 0 else { throw LauncherError("making \(path)", errno: errno) }
        }
    }

    /// A container's name, for the runtime and among the control groups.
    private func name(of id: UInt64) -> String { "container-\(id)" }

    /// Makes the bundle of a container, and the request that lets its guard start it.
    ///
    /// - Throws: ``LauncherError`` when the plan can't be carried out.
    func request(
        id: UInt64,
        plan: LaunchPlan,
        _ container: ContainerPlan,
        openFileLimit: UInt64?
    ) throws(LauncherError) -> LauncherRequest {
        let name = name(of: id)
        let bundle = try ContainerBundle(plan, container, id: name, in: folder, on: support)
        var options = ["--log", bundle.log, "--root", stateFolder]
        if support.runtime.kind == .crun {
            options += ["--cgroup-manager", support.controlGroups == nil ? "disabled" : "cgroupfs"]
        }
        return .start(
            id: id,
            plan: LaunchPlan(
                name: plan.name,
                executable: support.runtime.path,
                arguments: options,
                environment: Self.environment,
                workingDirectory: bundle.path
            ),
            container: LauncherRequest.Container(
                id: name,
                memoryCounter: support.controlGroups?.counter(of: name) ?? "",
                hidesUnified: support.hidesUnified
            ),
            openFileLimit: openFileLimit
        )
    }

    /// Removes what is left of a container that has ended or never began.
    ///
    /// - Returns: What the runtime said last.
    func remove(_ id: UInt64) -> String? {
        let path = "\(folder)/\(name(of: id))"
        let words = lines(of: "\(path)/log").last.map { String($0.prefix(Self.lastWordsLengthMax)) }
        ContainerBundle.remove(path)
        // Only when its guard was killed, and so could not have the runtime do it.
        let state = "\(stateFolder)/\(name(of: id))"
        if access(state, F_OK) == 0 {
            support.controlGroups?.remove(name(of: id))
            ContainerBundle.remove(state)
        }
        return words
    }

    private static let lastWordsLengthMax = 1000

    /// Removes everything; no container may be left.
    func removeAll() {
        support.controlGroups?.remove()
        ContainerBundle.remove(folder)
    }
}
