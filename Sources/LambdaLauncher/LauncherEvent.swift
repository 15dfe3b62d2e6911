import Glibc
import NIOCore

/// An event from `trellis-launcher`, `struct event` of its protocol.h.
struct LauncherEvent: Hashable, Sendable {
    /// What has happened to the process.
    enum Kind: Hashable, Sendable {
        case started(pid: Int32)
        case failed(stage: Stage, errno: Int32)
        /// The process and everything it had started are gone.
        case ended(ProcessEnd)
    }

    /// What the launcher was doing when it failed.
    enum Stage: UInt32, Sendable {
        case request = 1
        case fork
        case limits
        case user
        case directory
        case execute
        /// The guard, or the fork server that was to make it, ended before it said anything.
        case `guard`
        case namespace
        case container
        /// Of an end: the kernel has killed the process for want of memory.
        case memory
    }

    /// The id that the daemon gave the process.
    var id: UInt64
    /// What has happened.
    var kind: Kind

    init(id: UInt64, kind: Kind) {
        self.id = id
        self.kind = kind
    }

    /// Reads one packet, or nil if it is no event.
    init?(_ packet: ByteBuffer) {
        var packet = packet
        guard packet.readableBytes == 24,
            let id = packet.readInteger(endianness: .host, as: UInt64.self),
            let kind = packet.readInteger(endianness: .host, as: UInt32.self),
            let pid = packet.readInteger(endianness: .host, as: Int32.self),
            let stage = packet.readInteger(endianness: .host, as: UInt32.self),
            let value = packet.readInteger(endianness: .host, as: Int32.self)
        else { return nil }
        self.id = id
        switch kind {
        case 1: self.kind = .started(pid: pid)
        case 2:
            guard let stage = Stage(rawValue: stage) else { return nil }
            self.kind = .failed(stage: stage, errno: value)
        case 3:
            self.kind = .ended(
                stage == Stage.memory.rawValue ? .outOfMemory : ProcessEnd(waitStatus: value)
            )
        default: return nil
        }
    }
}

extension LauncherEvent.Stage {
    /// A text that says why a plan could not be carried out.
    func reason(errno number: Int32, plan: LaunchPlan) -> String {
        let what =
            switch self {
            case .request: "trellis-launcher refused the request"
            case .fork: "no process could be made"
            case .limits: "its resource limits could not be set"
            case .user:
                "it could not become user \(plan.user?.uid ?? 0), group \(plan.user?.gid ?? 0)"
                    + (number == EPERM ? ", which only a daemon that runs as root can do" : "")
            case .directory: "working directory \(plan.workingDirectory)"
            case .execute: plan.executable
            case .guard: "its guard was lost"
            case .namespace: "its container's mount namespace could not be made"
            case .container: "the container's runtime failed"
            case .memory: "it ran out of memory"
            }
        return LauncherError(what, errno: number).description
    }
}
