internal import Broker
internal import Components
internal import LambdaLauncher
internal import NIOCore

/// How instances end, and what becomes of their work.
extension FunctionMachine {
    /// The time that `.wake` asked for has come; the deadline may have moved since.
    mutating func deadlineReached(_ number: UInt64, now: NIODeadline) -> [Action] {
        guard let instance = instances[number], let wake = instance.nextWake, wake <= now else { return [] }
        instances[number]?.nextWake = nil
        guard let deadline = instance.deadline else { return [] }
        guard deadline <= now else { return setDeadline(deadline, of: number) }
        instances[number]?.deadline = nil
        switch instance.phase {
        case .starting:
            let seconds = Self.initializationTimeout.nanoseconds / 1_000_000_000
            return [.note(.error, "instance \(number) did not report in within \(seconds) s; it is ended")]
                + end(number, because: .initializationTimedOut(seconds: seconds), now: now)
        case .serving(let invocation):
            if let limit = instance.drainDeadline, limit <= now {
                return end(number, because: .stopped, now: now)
            }
            let cause = EndCause.timedOut(seconds: settings.timeoutSeconds)
            counters.timeouts += 1
            return [
                .note(.error, "timed out after \(settings.timeoutSeconds) s in \(invocation.id); killed")
            ] + interrupt(invocation, by: cause) + end(number, because: cause, now: now)
        case .ending:
            instances[number]?.wasKilled = true
            return [.kill(instance: number)]
        case .idle where policy == .pinned:
            return statusIsMissed(by: instance, number, now: now)
        case .idle:
            return end(number, because: .notNeeded, now: now)
        }
    }

    /// Nobody waits for work, for so long that only a call in between could be a sign of life.
    private mutating func statusIsMissed(
        by instance: Instance,
        _ number: UInt64,
        now: NIODeadline
    ) -> [Action] {
        let seconds = settings.statusTimeoutSeconds
        if let lastCall = instance.lastCallAt, lastCall + .seconds(Int64(seconds)) > now {
            return setDeadline(lastCall + .seconds(Int64(seconds)), of: number)
        }
        return [.note(.error, "instance \(number) gave no sign of life for \(seconds) s; it is ended")]
            + end(number, because: .statusTimedOut(seconds: seconds), now: now)
    }

    /// The instance said that it can't go on: it is ended, and what follows is as after a crash.
    mutating func reportErrored(_ number: UInt64, now: NIODeadline) -> [Action] {
        guard let instance = instances[number], !instance.isEnding else { return [] }
        return (instance.invocation.map { interrupt($0, by: .reportedErrored) } ?? [])
            + end(number, because: .reportedErrored, now: now)
    }

    /// The instance's process ended, or could not be started; `end` says how.
    mutating func instanceEnded(
        _ number: UInt64,
        end: ProcessEnd,
        now: NIODeadline,
        jitter: Double
    ) -> [Action] {
        guard let instance = instances.removeValue(forKey: number) else { return [] }
        ready.removeAll { $0 == number }
        let cause = instance.cause(of: end)
        counters.didEnd(cause, wasKilled: instance.wasKilled)
        var actions: [Action] = [.report(instance: number, cause, wasKilled: instance.wasKilled)]
        actions += instance.waiters.map { .dismiss($0) }
        if let invocation = instance.invocation {
            actions += interrupt(invocation, by: cause)
        }
        guard isWanted else {
            actions.append(.note(.info, "ended: \(cause.text(wasKilled: instance.wasKilled))"))
            return actions + (instances.isEmpty ? [.enter(.finished), .stopped] : [])
        }
        if cause.isOrderly || instance.isDraining || isHeld {
            actions.append(.note(.info, "ended: \(cause.text(wasKilled: instance.wasKilled))"))
            return actions + goOn(now: now)
        }
        return actions + recover(from: instance, cause, now: now, jitter: jitter)
    }

    /// Goes on after an instance ended that did nothing wrong.
    private mutating func goOn(now: NIODeadline) -> [Action] {
        guard !isBroken, retryAt == nil else { return [] }
        guard !isHeld else { return instances.isEmpty ? [.enter(.installed)] : [] }
        return policy == .pinned && instances.isEmpty ? begin(now: now) : dispatch(now: now)
    }

    /// Goes on after an instance that failed: at once, later or not at all.
    private mutating func recover(
        from instance: Instance,
        _ cause: EndCause,
        now: NIODeadline,
        jitter: Double
    ) -> [Action] {
        if policy != .pinned {
            // The work that it died in bounds how often that happens.
            guard !instance.diedInService else { return [.note(.error, "ended: \(cause)")] + goOn(now: now) }
            // Those that started together fail together: that is one failure.
            guard !restartPolicy.hasFailed(since: instance.startedAt) else {
                return [.note(.error, "ended: \(cause)")]
            }
        } else if !instances.isEmpty {
            // A debugger has taken its place.
            return [.note(.error, "ended: \(cause)")]
        }
        switch restartPolicy.instanceEnded(runningSince: instance.runningSince, now: now, jitter: jitter) {
        case .restart(let delay):
            return retry(after: delay, cause, now: now)
        case .giveUp where hasProvenInstance:
            // Others show that it can run.
            return retry(after: RestartPolicy.delayMax, cause, now: now)
        case .giveUp:
            isBroken = true
            let note =
                "ended: \(cause); \(RestartPolicy.failureCountMax) failures to initialise within an hour: "
                + "BROKEN until 'trellis component restart' or a new start of the daemon"
            var actions: [Action] = [.note(.error, note), .enter(.broken)]
            for number in instances.keys.sorted() {
                actions += end(number, because: .stopped, now: now)
            }
            return actions + refuseRequests()
        }
    }

    private mutating func retry(after delay: TimeAmount, _ cause: EndCause, now: NIODeadline) -> [Action] {
        retryAt = now + delay
        let milliseconds = delay.nanoseconds / 1_000_000
        let state: [Action] = hasProvenInstance ? [] : [.enter(.errored)]
        return [.note(.error, "ended: \(cause); starts again in \(milliseconds) ms")] + state
            + [.retry(at: now + delay)]
    }

    /// Whether an instance is there that has reported in.
    private var hasProvenInstance: Bool {
        instances.values.contains { $0.runningSince != nil }
    }

    /// Nobody is to wait for the result of a function that does not run.
    ///
    /// Events stay, for when it is restarted.
    mutating func refuseRequests() -> [Action] {
        let end = isStopped ? Self.stoppedReason : "the function is BROKEN"
        return queue.removeAll { $0.message == nil }.map { invocation in
            let document = FunctionErrorDocument.exited(invocationID: invocation.id, end: end)
            return .finish(invocationID: invocation.id, document.result)
        }
    }

    /// Ends an instance: asks it to, unless it ends by itself, and kills it when it does not in time.
    ///
    /// An external one is gone at once: it is the user's to end.
    mutating func end(
        _ number: UInt64,
        because cause: EndCause,
        now: NIODeadline,
        mustBeAsked: Bool = true
    ) -> [Action] {
        guard let instance = instances[number], !instance.isEnding else { return [] }
        var actions: [Action] = []
        if cause == .stopped, let invocation = instance.invocation {
            if invocation.message == nil {
                let document = FunctionErrorDocument.exited(
                    invocationID: invocation.id,
                    end: Self.stoppedReason
                )
                actions.append(.finish(invocationID: invocation.id, document.result))
            } else {
                queue.putBack(invocation)
            }
        }
        ready.removeAll { $0 == number }
        guard !instance.isExternal else {
            instances[number] = nil
            return actions + instance.waiters.map { .dismiss($0) } + [.disown(instance: number)]
        }
        instances[number]?.phase = .ending(cause)
        if case .timedOut = cause { return actions + [.kill(instance: number)] }
        actions += mustBeAsked ? [.terminate(instance: number)] : []
        return actions + setDeadline(now + Self.stopGrace, of: number)
    }

    /// An invocation lost its instance: its invoker is told, an event is tried again or given up.
    private mutating func interrupt(_ invocation: Invocation, by cause: EndCause) -> [Action] {
        guard invocation.message != nil else {
            let document = FunctionErrorDocument.ended(cause, invocationID: invocation.id)
            return [.finish(invocationID: invocation.id, document.result)]
        }
        var again = invocation
        again.deaths += 1
        guard again.deaths < Self.deathCountMax else {
            counters.droppedMessages += 1
            return [
                .keepDead(
                    invocation,
                    reason: "its instance died in it \(again.deaths) times; the last: \(cause)"
                )
            ]
        }
        queue.putBack(again)
        return []
    }
}

extension Instance {
    /// Whether it ended in the middle of an invocation, by itself or because that took too long.
    fileprivate var diedInService: Bool {
        switch phase {
        case .serving, .ending(.timedOut): true
        default: false
        }
    }

    /// Why it ended: for what it was asked to, unless something else came first.
    fileprivate func cause(of end: ProcessEnd) -> EndCause {
        if case .ending(let cause) = phase, end != .outOfMemory { cause } else { EndCause(end) }
    }
}
