internal import FoundationEssentials
package import LambdaLauncher
internal import NIOConcurrencyHelpers
package import NIOCore

/// Starts processes, and makes containers ahead for those that may have them made ahead.
///
/// A spare is a container of one function, already in its control groups, in which an interpreter waits
/// that has the runtime imported and nothing of the function. One process runs in it, ever. A function has
/// one spare at most, and only while it has a process; the last one's end ends the spare too.
package final class SpareSandboxes: ProcessStarter {
    /// A spare is made when no process of its function was started for this time: a burst needs the
    /// processor itself.
    private static let quietTime = TimeAmount.milliseconds(200)

    /// What there is of one kind of process.
    private struct Kind {
        var spare: Spare?
        var liveCount = 0
        var startCount: UInt64 = 0
    }

    private let launcher: ProcessLauncher
    private let eventLoop: any EventLoop
    /// By the plan without what tells its processes apart.
    private let kinds = NIOLockedValueBox<[LaunchPlan: Kind]>([:])

    /// Makes a starter.
    package init(launcher: ProcessLauncher, eventLoop: any EventLoop) {
        self.launcher = launcher
        self.eventLoop = eventLoop
    }

    package func start(
        _ plan: LaunchPlan,
        onStart: @escaping @Sendable (Int32) -> Void,
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> any RunningProcess {
        guard let spare = plan.container?.spare else {
            return launcher.start(plan, onStart: onStart, onOutput: onOutput, onEnd: onEnd)
        }
        var kind = plan
        let own = plan.environment.filter { spare.variables.contains($0.key) }
        kind.environment = plan.environment.filter { !spare.variables.contains($0.key) }
        let (ready, number) = kinds.withLockedValue { kinds in
            kinds[kind, default: Kind()].liveCount += 1
            kinds[kind]?.startCount += 1
            return (kinds[kind]?.spare.take(), kinds[kind]?.startCount ?? 0)
        }
        let user = Spare.User(
            variables: own,
            onOutput: onOutput,
            onEnd: { [kind] end in
                self.hasEnded(kind, keptFor: spare.isKeptFor)
                onEnd(end)
            }
        )
        eventLoop.scheduleTask(in: Self.quietTime) { [kind] in self.makeSpare(of: kind, after: number) }
        if let process = ready?.use(user) {
            process.pid.whenSuccess(onStart)
            return process
        }
        let fresh = Spare(kind, launcher: launcher)
        let process = fresh.use(user) ?? fresh.process
        process.pid.whenSuccess(onStart)
        return process
    }

    private func makeSpare(of kind: LaunchPlan, after number: UInt64) {
        let isWanted = kinds.withLockedValue { kinds in
            kinds[kind].map { $0.startCount == number && $0.spare == nil } ?? false
        }
        guard isWanted else { return }
        let spare = Spare(kind, launcher: launcher)
        spare.process.end.whenComplete { _ in
            self.kinds.withLockedValue { kinds in
                if kinds[kind]?.spare === spare { kinds[kind]?.spare = nil }
            }
        }
        let surplus = kinds.withLockedValue { kinds -> Spare? in
            guard kinds[kind] != nil else { return spare }
            defer { kinds[kind]?.spare = spare }
            return kinds[kind]?.spare
        }
        surplus?.drop()
    }

    private func hasEnded(_ kind: LaunchPlan, keptFor time: Duration) {
        let number = kinds.withLockedValue { kinds -> UInt64? in
            kinds[kind]?.liveCount -= 1
            return kinds[kind].flatMap { $0.liveCount == 0 ? $0.startCount : nil }
        }
        guard let number else { return }
        if time == .zero {
            forget(kind, after: number)
        } else {
            eventLoop.scheduleTask(in: TimeAmount(time)) { self.forget(kind, after: number) }
        }
    }

    package func endSpares(named name: String) {
        let spares = kinds.withLockedValue { kinds in
            let ended = kinds.filter { $0.key.name == name && $0.value.liveCount == 0 }
            for kind in ended.keys {
                kinds[kind] = nil
            }
            return ended.values.compactMap(\.spare)
        }
        for spare in spares {
            spare.drop()
        }
    }

    /// Ends the spare of a kind that has no process, if none was started meanwhile.
    private func forget(_ kind: LaunchPlan, after number: UInt64) {
        let spare = kinds.withLockedValue { kinds -> Spare? in
            guard let current = kinds[kind], current.liveCount == 0, current.startCount == number else {
                return nil
            }
            return kinds.removeValue(forKey: kind)?.spare
        }
        spare?.drop()
    }
}
