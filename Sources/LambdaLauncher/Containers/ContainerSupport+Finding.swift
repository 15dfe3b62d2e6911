import FoundationEssentials
import Glibc

extension ContainerSupport {
    /// What may work on this machine, the best first; a container that is tried shows what does.
    ///
    /// To be called before the launcher is started, since it may move this process to another control group.
    ///
    /// - Parameters:
    ///   - root: The daemon's root folder: another daemon's containers are told apart by it.
    ///   - searchPath: Where the runtimes are looked for, as in `PATH`.
    /// - Returns: None when no runtime is installed.
    package static func candidates(root: String, searchPath: String) -> [ContainerSupport] {
        let runtimes = OCIRuntime.Kind.allCases.compactMap { OCIRuntime.find($0, searchPath: searchPath) }
        guard !runtimes.isEmpty else { return [] }
        let machine = ControlGroups.Machine.current()
        let groups: Result<ControlGroups, ControlGroups.Unavailable>
        do throws(ControlGroups.Unavailable) {
            let name = groupName(root: root)
            ControlGroups.removeStale(name: name, on: machine)
            groups = .success(try ControlGroups.find(name: name, on: machine))
        } catch {
            groups = .failure(error)
        }
        func support(_ groups: Result<ControlGroups, ControlGroups.Unavailable>) -> [ContainerSupport] {
            runtimes.map {
                ContainerSupport(
                    runtime: $0,
                    controlGroups: groups,
                    isRootless: !machine.isRoot,
                    isHybrid: machine.isHybrid
                )
            }
        }
        guard case .success = groups else { return support(groups) }
        // runc has no way without control groups for root, so it is not tried a second time in vain.
        let unavailable = ControlGroups.Unavailable(reason: "containers with control groups don't start here")
        return support(groups) + support(.failure(unavailable))
    }

    /// A name that no other root has: FNV-1a of its path.
    private static func groupName(root: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in root.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return "trellis-" + String(hash, radix: 16)
    }
}
