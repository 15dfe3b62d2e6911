internal import Broker
internal import Components
internal import LambdaLauncher
internal import NIOCore

/// How work comes in, goes out and is answered.
extension FunctionMachine {
    /// Keeps room for one piece of work.
    mutating func reserve(byteCount: Int) -> Reservation {
        guard !isStopped || keepsEvents else { return .gone(Self.stoppedReason) }
        return queue.reserve(byteCount: byteCount).map { .full($0) } ?? .ok
    }

    /// Gives room back.
    mutating func cancel(byteCount: Int) {
        queue.cancel(byteCount: byteCount)
    }

    /// Takes work into the room kept for it.
    mutating func commit(_ invocation: Invocation, now: NIODeadline) -> [Action] {
        queue.append(invocation)
        return isBroken || isStopped ? refuseRequests() : dispatch(now: now)
    }

    /// The runtime reported in, or said why it can't.
    mutating func didInitialize(_ number: UInt64, failure: String?, now: NIODeadline) -> [Action] {
        guard let instance = instances[number], instance.isStarting else { return [] }
        if let failure {
            return [.note(.error, "initialisation failed: \(failure.prefix(Self.failureCharactersMax))")]
                + end(
                    number,
                    because: .failedToInitialize(reason: String(failure.prefix(Self.failureCharactersMax))),
                    now: now,
                    mustBeAsked: false
                )
        }
        instances[number]?.runningSince = now
        return [.enter(.running), .note(.info, "is ready")] + rest(number, now: now) + dispatch(now: now)
    }

    /// A worker of the runtime waits for work.
    ///
    /// One that asks before it reported in waits as well, and one of an instance that is to end waits for
    /// that.
    mutating func wait(_ waiter: Waiter, of number: UInt64, now: NIODeadline) -> [Action] {
        guard let instance = instances[number] else { return [.dismiss(waiter)] }
        instances[number]?.waiters.append(waiter)
        instances[number]?.hasWaited = true
        guard instance.isIdle, instance.waiters.isEmpty else { return [] }
        return rest(number, now: now) + dispatch(now: now)
    }

    /// The worker's connection is gone.
    mutating func stopWaiting(_ id: WaiterID, of number: UInt64, now: NIODeadline) -> [Action] {
        guard let index = instances[number]?.waiters.firstIndex(where: { $0.id == id }),
            let waiter = instances[number]?.waiters.remove(at: index)
        else { return [] }
        guard let instance = instances[number], instance.isIdle, instance.waiters.isEmpty else {
            return [.dismiss(waiter)]
        }
        ready.removeAll { $0 == number }
        return [.dismiss(waiter)] + rest(number, now: now)
    }

    /// The work could not be written to the worker's connection: it goes back to the head of the queue.
    mutating func workWasNotSent(_ invocationID: String, to number: UInt64, now: NIODeadline) -> [Action] {
        guard let invocation = instances[number]?.invocation, invocation.id == invocationID else { return [] }
        queue.putBack(invocation)
        if instances[number]?.isDraining ?? false {
            instances[number]?.phase = .idle
            return end(number, because: .stopped, now: now) + dispatch(now: now)
        }
        return rest(number, now: now) + dispatch(now: now)
    }

    /// The runtime answered.
    ///
    /// - Returns: `nil` when the instance doesn't serve this invocation (any more).
    mutating func complete(
        _ invocationID: String,
        with result: InvocationResult,
        by number: UInt64,
        now: NIODeadline
    ) -> [Action]? {
        guard let instance = instances[number], let invocation = instance.invocation,
            invocation.id == invocationID
        else { return nil }
        if policy != .pinned {
            restartPolicy.didServe()
        }
        let actions = finish(invocation, with: result)
        if instance.isDraining {
            instances[number]?.phase = .idle
            return actions + end(number, because: .stopped, now: now)
        }
        if case .onDemand(_, .zero) = policy, !instance.isExternal {
            return actions + end(number, because: .notNeeded, now: now)
        }
        return actions + rest(number, now: now) + dispatch(now: now)
    }

    private mutating func finish(_ invocation: Invocation, with result: InvocationResult) -> [Action] {
        if result.functionError != nil {
            counters.errors += 1
        }
        guard invocation.message != nil else {
            return [.finish(invocationID: invocation.id, result)]
        }
        guard result.functionError != nil else { return [] }
        if result.isInvalidPayload {
            counters.droppedMessages += 1
            return [
                .keepDead(invocation, reason: "the payload is no JSON, and inputPayloadEncodingType is json")
            ]
        }
        return [.note(.warn, "the handler failed in \(invocation.id), an event; nobody waits for its result")]
    }

    /// The instance has no work: it is ready for some if a worker waits, and has its time to be idle.
    ///
    /// A pinned one has its time to give a sign of life; a worker that waits is one.
    private mutating func rest(_ number: UInt64, now: NIODeadline) -> [Action] {
        guard let instance = instances[number] else { return [] }
        instances[number]?.phase = .idle
        instances[number]?.deadline = nil
        if !instance.waiters.isEmpty {
            ready.append(number)
        }
        guard !instance.isExternal else { return [] }
        switch policy {
        case .pinned:
            guard instance.waiters.isEmpty else { return [] }
            return setDeadline(now + .seconds(Int64(settings.statusTimeoutSeconds)), of: number)
        case .onDemand(_, let idleTimeMax):
            let waits = !instance.waiters.isEmpty && idleTimeMax > .zero
            return setDeadline(now + (waits ? idleTimeMax : Self.askTimeMax), of: number)
        }
    }

    /// Hands out work while there is some and an instance waits for it, the one used last first; then starts
    /// instances for the rest.
    mutating func dispatch(now: NIODeadline) -> [Action] {
        var actions: [Action] = []
        while queue.count > 0, let number = ready.popLast() {
            guard let waiter = instances[number]?.waiters.popFirst(), let invocation = queue.popFirst() else {
                continue
            }
            instances[number]?.phase = .serving(invocation)
            instances[number]?.deadline = nil
            actions.append(.give(invocation, to: waiter))
            if instances[number]?.isExternal == false {
                actions += setDeadline(now + .seconds(Int64(settings.timeoutSeconds)), of: number)
            }
        }
        return actions + scale(now: now)
    }

    /// Starts instances on demand, while more work waits than instances are about to ask for.
    private mutating func scale(now: NIODeadline) -> [Action] {
        guard case .onDemand(let countMax, _) = policy, queue.count > 0, instances.count < countMax,
            isWanted, !isHeld, !isBroken, retryAt == nil, external == nil,
            !instances.values.contains(where: { $0.hasFailedToInitialize })
        else { return [] }
        let startingCount = instances.values.count { $0.isStarting }
        // After a failure one goes ahead and shows whether the function can start at all.
        let startingCountMax = restartPolicy.hasFailed ? 1 : Self.startingCountMax
        let comingCount = startingCount + instances.values.count { $0.isIdle }
        let count = min(
            queue.count - comingCount,
            countMax - instances.count,
            startingCountMax - startingCount
        )
        guard count > 0 else { return [] }
        return (0..<count).flatMap { _ in launch(now: now) }
    }
}
