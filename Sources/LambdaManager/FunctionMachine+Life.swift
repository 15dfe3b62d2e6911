internal import Broker
internal import Components
internal import LambdaLauncher
internal import NIOCore

/// How a function is started and stopped, by hand, by what it depends on, and by a deployment.
///
/// An instance that serves an invocation then answers it first: it drains.
extension FunctionMachine {
    /// Wants the function to run.
    mutating func start(now: NIODeadline) -> [Action] {
        let actions = want()
        return instances.isEmpty ? actions + begin(now: now) : actions
    }

    /// Ends every instance and begins anew, also when the function was given up or stopped.
    ///
    /// What waits goes on waiting.
    mutating func restart(now: NIODeadline) -> [Action] {
        // What depends on it sees it leave, even when it is back at once.
        var actions = want() + [.enter(.stopping)]
        for number in instances.keys.sorted() {
            actions += retire(number, now: now)
        }
        if policy == .pinned, !instances.isEmpty {
            return actions
        }
        return actions + begin(now: now)
    }

    /// Goes by other settings from now on, in new instances.
    mutating func redeploy(
        _ settings: FunctionSettings,
        queueCountMax: Int,
        dependenciesAreRunning: Bool,
        now: NIODeadline
    ) -> [Action] {
        self.settings = settings
        isHeld = !dependenciesAreRunning
        queue.countMax = queueCountMax
        return restart(now: now)
    }

    /// Wants the function to end; `.stopped` follows, now or with the end of the last instance.
    ///
    /// Until `limit` invocations may go on; without one, as long as they may take.
    mutating func stop(now: NIODeadline, limit: NIODeadline? = nil) -> [Action] {
        isWanted = false
        isStopped = true
        retryAt = nil
        var actions = refuseRequests()
        for number in instances.keys.sorted() {
            actions += retire(number, now: now, limit: limit)
        }
        return actions + (instances.isEmpty ? [.enter(.finished), .stopped] : [.enter(.stopping)])
    }

    /// What the function depends on changed: whether all of it runs now, and whether some of it ended
    /// meanwhile, though it may run again.
    mutating func dependenciesChanged(areRunning: Bool, hasLeft: Bool, now: NIODeadline) -> [Action] {
        var actions: [Action] = []
        if !isHeld, hasLeft || !areRunning {
            isHeld = true
            retryAt = nil
            actions += hold(now: now)
        }
        if isHeld, areRunning {
            isHeld = false
            if isWanted, !isBroken, policy != .pinned || instances.isEmpty {
                actions += begin(now: now)
            }
        }
        return actions
    }

    private mutating func hold(now: NIODeadline) -> [Action] {
        guard isWanted, !isBroken else { return [] }
        var actions: [Action] = [.note(.info, Self.heldReason)]
        for (number, instance) in instances.sorted(by: { $0.key < $1.key })
        where !instance.isExternal && !instance.isDraining {
            actions += retire(number, now: now)
        }
        return actions + [.enter(instances.isEmpty ? .installed : .stopping)]
    }

    /// Lets a process of the user's own serve in place of the daemon's, whose instances end.
    ///
    /// One that did so before no longer does. Nothing drains: what is being served is what to debug.
    mutating func attach(now: NIODeadline) -> (instance: UInt64, actions: [Action]) {
        var actions = want()
        for number in instances.keys.sorted() {
            actions += end(number, because: .stopped, now: now)
        }
        let number = nextInstance()
        instances[number] = Instance(startedAt: now, isExternal: true)
        return (
            number, actions + [.enter(.starting), .note(.info, "is served by a process of your own now")]
        )
    }

    /// The user's own process serves no longer; the daemon's instances come back.
    mutating func detach(_ number: UInt64, now: NIODeadline) -> [Action] {
        guard instances[number]?.isExternal ?? false else { return [] }
        var actions = end(number, because: .stopped, now: now)
        if instances.isEmpty {
            actions += begin(now: now)
        }
        return actions
    }

    /// Forgets failures, and a stop that was under way.
    private mutating func want() -> [Action] {
        let wasStopping = isStopped && !instances.isEmpty
        isWanted = true
        isStopped = false
        isBroken = false
        retryAt = nil
        restartPolicy = RestartPolicy()
        return wasStopping ? [.stopped] : []
    }

    /// Lets an instance answer the invocation that it serves and then end; one that has none ends now.
    ///
    /// So does one that drains already: whoever asks twice does not want to wait.
    private mutating func retire(
        _ number: UInt64,
        now: NIODeadline,
        limit: NIODeadline? = nil
    ) -> [Action] {
        guard let instance = instances[number], let invocation = instance.invocation, !instance.isExternal,
            !instance.isDraining || limit != nil
        else { return end(number, because: .stopped, now: now) }
        instances[number]?.isDraining = true
        instances[number]?.drainDeadline = limit
        let note = Action.note(.info, "instance \(number) ends when it has answered \(invocation.id)")
        guard let limit, limit < instance.deadline ?? .distantFuture else { return [note] }
        return [note] + setDeadline(limit, of: number)
    }
}
