internal import Glibc
internal import GreengrassModel
internal import NIOCore

/// How the open files that the kernel allows the daemon are shared out.
struct OpenFileBudget {
    /// The daemon's own: the standard ones, the launcher, the lock, sockets, the cloud, the outputs of
    /// mosquitto, and room for a command or two.
    private static let ownCount = 40
    /// Each core has an event loop, with three.
    private static let countPerCore = 3
    /// One instance of a function: its six outputs, its log and its long poll; as many for another component.
    private static let countPerFunction = 8
    /// A container made ahead: its outputs and its input.
    private static let countPerSpare = 7
    /// A link beside the one to the cloud: its connection, and a spool's file with its log.
    private static let countPerLink = 6
    /// Even where there is little, so many connections are served.
    private static let connectionCountMin = 16
    /// Further instances of functions need no more: a hundred of them.
    private static let countForInstancesMax = 1_024

    /// The most that may be open.
    private let limit: Int
    private let neededCount: Int
    private let componentCount: Int

    /// Shares out what the limit of this process allows now.
    init(_ deployment: Deployment) {
        let functions = deployment.components
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        self.limit = Int(clamping: limit.rlim_cur)
        componentCount = functions.count + deployment.genericComponents.count
        let spareCount = functions.count { $0.wantsContainer && !$0.parameters.isPinned && $0.isStartedFast }
        let linkCount = deployment.configuration.endpoints.count + functions.shareGroups.count
        neededCount =
            Self.ownCount + Self.countPerCore * System.coreCount + Self.countPerFunction * componentCount
            + Self.countPerSpare * spareCount + Self.countPerLink * linkCount
    }

    /// Checks that every component can have one instance.
    ///
    /// - Throws: `DaemonError` when that is too much: half a daemon would answer nobody.
    func check() throws(DaemonError) {
        guard limit < neededCount else { return }
        throw DaemonError(
            "at most \(limit) files may be open, and \(componentCount) components need \(neededCount): raise "
                + "the limit (ulimit -n \(neededCount), or LimitNOFILE=\(neededCount) in a systemd unit)"
        )
    }

    /// How many connections to the legacy API may be served, `most` where there is room; as many again are
    /// open while they are refused.
    func legacyConnectionCountMax(atMost most: Int) -> Int {
        min(most, max(Self.connectionCountMin, quarter))
    }

    /// How many connections to the Greengrass IPC may be served, `most` where there is room beside the
    /// connections to the legacy API and further instances.
    func componentConnectionCountMax(atMost most: Int, beside legacyConnectionCount: Int) -> Int {
        let others = neededCount + 2 * legacyConnectionCount + min(quarter, Self.countForInstancesMax)
        return min(most, max(Self.connectionCountMin, limit - others))
    }

    private var quarter: Int { (limit - neededCount) / 4 }
}
