internal import Broker
internal import Components
internal import LambdaLauncher
internal import NIOCore

/// Decides what happens to one function: its queue, its instances, their work and their ends.
///
/// A value without I/O, locks or clock: every event returns the actions that follow from it, to be performed
/// in their order. A pinned function is a pool of one instance that starts with the daemon.
struct FunctionMachine {
    /// An instance that does not report in within this time has failed to start.
    static let initializationTimeout = TimeAmount.seconds(30)
    /// An instance that was asked to end is killed after this time.
    static let stopGrace = TimeAmount.seconds(2)
    private static let stoppedReason = "the function was stopped"
    /// So much of a runtime's reason why it can't serve is kept.
    static let failureCharactersMax = 4_096
    /// An event whose instance died in it so many times is given up.
    static let deathCountMax = 3

    /// What the owner does.
    enum Action {
        /// Start a process for the instance.
        case launch(instance: UInt64)
        /// Hand work to a runtime that waits for it.
        case give(Invocation, to: Waiter)
        /// Tell a waiting runtime that it gets no work any more.
        case dismiss(Waiter)
        /// Ask the instance to end (SIGTERM).
        case terminate(instance: UInt64)
        /// End the instance and all it started (SIGKILL).
        case kill(instance: UInt64)
        /// Call `deadlineReached` for the instance then.
        case wake(instance: UInt64, at: NIODeadline)
        /// Call `restartIsDue` then.
        case restart(after: TimeAmount)
        /// Give the result to the invoker.
        case finish(invocationID: String, InvocationResult)
        /// Keep an event that can't be served.
        case keepDead(Invocation, reason: String)
        /// Show the new state.
        case enter(ComponentState)
        /// Write a line to the function's log.
        case note(LogLevel, String)
        /// The last instance is gone after `stop`.
        case stopped
    }

    /// `timeoutInSeconds`: an invocation that takes longer is ended, and its instance with it.
    let timeoutSeconds: Int
    private(set) var queue: WorkQueue
    private(set) var instances: [UInt64: Instance] = [:]
    private var restartPolicy = RestartPolicy()
    private var isWanted = false
    private var isStopped = false
    private var isBroken = false

    init(timeoutSeconds: Int, queue: WorkQueue) {
        self.timeoutSeconds = timeoutSeconds
        self.queue = queue
    }

    /// Wants the function to run, also after it was given up.
    mutating func start(instance: UInt64, now: NIODeadline) -> [Action] {
        isWanted = true
        isStopped = false
        isBroken = false
        restartPolicy = RestartPolicy()
        return instances.isEmpty ? launch(instance, now: now) : []
    }

    /// The delay before another attempt is over.
    mutating func restartIsDue(instance: UInt64, now: NIODeadline) -> [Action] {
        isWanted && !isBroken && instances.isEmpty ? launch(instance, now: now) : []
    }

    /// Wants the function to end; `.stopped` follows, now or with the end of the last instance.
    mutating func stop(now: NIODeadline) -> [Action] {
        isWanted = false
        isStopped = true
        var actions = refuseRequests()
        guard !instances.isEmpty else { return actions + [.enter(.finished), .stopped] }
        actions.append(.enter(.stopping))
        for number in instances.keys {
            actions += end(number, because: .stopped, now: now)
        }
        return actions
    }

    private mutating func launch(_ number: UInt64, now: NIODeadline) -> [Action] {
        instances[number] = Instance()
        return [.enter(.starting), .launch(instance: number)]
            + setDeadline(now + Self.initializationTimeout, of: number)
    }

    /// Keeps room for one piece of work.
    mutating func reserve(byteCount: Int) -> Reservation {
        guard !isStopped else { return .gone(Self.stoppedReason) }
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
        guard case .starting = instances[number]?.phase else { return [] }
        if let failure {
            return [.note(.error, "initialisation failed: \(failure.prefix(Self.failureCharactersMax))")]
                + end(number, because: .failedToInitialize, now: now, mustBeAsked: false)
        }
        instances[number]?.phase = .idle
        instances[number]?.deadline = nil
        instances[number]?.runningSince = now
        return [.enter(.running), .note(.info, "is ready")] + dispatch(now: now)
    }

    /// A worker of the runtime waits for work.
    ///
    /// One that asks before it reported in waits as well, and one of an instance that is to end waits for
    /// that.
    mutating func wait(_ waiter: Waiter, of number: UInt64, now: NIODeadline) -> [Action] {
        guard instances[number] != nil else { return [.dismiss(waiter)] }
        instances[number]?.waiters.append(waiter)
        return dispatch(now: now)
    }

    /// The worker's connection is gone.
    mutating func stopWaiting(_ id: WaiterID, of number: UInt64) -> [Action] {
        guard let index = instances[number]?.waiters.firstIndex(where: { $0.id == id }),
            let waiter = instances[number]?.waiters.remove(at: index)
        else { return [] }
        return [.dismiss(waiter)]
    }

    /// The work could not be written to the worker's connection: it goes back to the head of the queue.
    mutating func workWasNotSent(_ invocationID: String, to number: UInt64, now: NIODeadline) -> [Action] {
        guard case .serving(let invocation) = instances[number]?.phase, invocation.id == invocationID else {
            return []
        }
        instances[number]?.phase = .idle
        instances[number]?.deadline = nil
        queue.putBack(invocation)
        return dispatch(now: now)
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
        guard case .serving(let invocation) = instances[number]?.phase, invocation.id == invocationID else {
            return nil
        }
        instances[number]?.phase = .idle
        instances[number]?.deadline = nil
        return finish(invocation, with: result) + dispatch(now: now)
    }

    /// How many functions stand before what the instance publishes now.
    func hops(of number: UInt64) -> Int {
        guard case .serving(let invocation) = instances[number]?.phase else { return 0 }
        return invocation.hops + 1
    }

    private func finish(_ invocation: Invocation, with result: InvocationResult) -> [Action] {
        guard invocation.message != nil else {
            return [.finish(invocationID: invocation.id, result)]
        }
        guard result.functionError != nil else { return [] }
        if result.isInvalidPayload {
            return [
                .keepDead(invocation, reason: "the payload is no JSON, and inputPayloadEncodingType is json")
            ]
        }
        return [.note(.warn, "the handler failed in \(invocation.id), an event; nobody waits for its result")]
    }

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
            return [.note(.error, "did not report in within \(seconds) s; killed")]
                + end(number, because: .failedToInitialize, now: now)
        case .serving(let invocation):
            let seconds = timeoutSeconds
            let document = FunctionErrorDocument.timedOut(invocationID: invocation.id, after: seconds)
            return [.note(.error, "timed out after \(seconds) s in \(invocation.id); killed")]
                + interrupt(invocation, document: document, reason: "timed out after \(seconds) s")
                + end(number, because: .timedOut, now: now)
        case .ending:
            return [.kill(instance: number)]
        case .idle:
            return []
        }
    }

    /// The instance's process ended, or could not be started; `end` says how.
    mutating func instanceEnded(_ number: UInt64, end: String, now: NIODeadline, jitter: Double) -> [Action] {
        guard let instance = instances.removeValue(forKey: number) else { return [] }
        var actions: [Action] = instance.waiters.map { .dismiss($0) }
        if case .serving(let invocation) = instance.phase {
            let document = FunctionErrorDocument.exited(invocationID: invocation.id, end: end)
            actions += interrupt(invocation, document: document, reason: end)
        }
        guard isWanted else {
            actions.append(.note(.info, "ended: \(end)"))
            return actions + (instances.isEmpty ? [.enter(.finished), .stopped] : [])
        }
        switch restartPolicy.instanceEnded(runningSince: instance.runningSince, now: now, jitter: jitter) {
        case .restart(let delay):
            let milliseconds = delay.nanoseconds / 1_000_000
            actions += [
                .note(.error, "ended: \(end); starts again in \(milliseconds) ms"), .enter(.errored),
                .restart(after: delay),
            ]
        case .giveUp:
            isBroken = true
            actions += [
                .note(
                    .error,
                    "ended: \(end); \(RestartPolicy.failureCountMax) failures to initialise within an hour: "
                        + "BROKEN until the daemon is started again"
                ),
                .enter(.broken),
            ]
            actions += refuseRequests()
        }
        return actions
    }

    /// Nobody is to wait for the result of a function that does not run.
    ///
    /// Events stay, for when it is restarted.
    private mutating func refuseRequests() -> [Action] {
        let end = isStopped ? Self.stoppedReason : "the function is BROKEN"
        return queue.removeAll { $0.message == nil }.map { invocation in
            let document = FunctionErrorDocument.exited(invocationID: invocation.id, end: end)
            return .finish(invocationID: invocation.id, document.result)
        }
    }

    /// Ends an instance: asks it to, unless it ends by itself, and kills it when it does not in time.
    private mutating func end(
        _ number: UInt64,
        because cause: Instance.EndCause,
        now: NIODeadline,
        mustBeAsked: Bool = true
    ) -> [Action] {
        guard let instance = instances[number], !instance.isEnding else { return [] }
        var actions: [Action] = []
        if cause == .stopped, case .serving(let invocation) = instance.phase {
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
        instances[number]?.phase = .ending(cause)
        guard cause != .timedOut else { return actions + [.kill(instance: number)] }
        actions += mustBeAsked ? [.terminate(instance: number)] : []
        return actions + setDeadline(now + Self.stopGrace, of: number)
    }

    /// Sets when the phase has lasted too long.
    ///
    /// A wake-up that is under way and early enough serves this deadline too, so that an invocation need not
    /// schedule and cancel a timer of its own.
    private mutating func setDeadline(_ deadline: NIODeadline, of number: UInt64) -> [Action] {
        instances[number]?.deadline = deadline
        if let wake = instances[number]?.nextWake, wake <= deadline {
            return []
        }
        instances[number]?.nextWake = deadline
        return [.wake(instance: number, at: deadline)]
    }

    /// An invocation lost its instance: its invoker is told, an event is tried again or given up.
    private mutating func interrupt(
        _ invocation: Invocation,
        document: FunctionErrorDocument,
        reason: String
    ) -> [Action] {
        guard invocation.message != nil else {
            return [.finish(invocationID: invocation.id, document.result)]
        }
        var again = invocation
        again.deaths += 1
        guard again.deaths < Self.deathCountMax else {
            return [
                .keepDead(
                    invocation,
                    reason: "its instance died in it \(again.deaths) times; the last: \(reason)"
                )
            ]
        }
        queue.putBack(again)
        return []
    }

    /// Hands out work while there is some and somebody waits for it.
    private mutating func dispatch(now: NIODeadline) -> [Action] {
        guard queue.count > 0 else { return [] }
        var actions: [Action] = []
        for number in Array(instances.keys) {
            guard case .idle = instances[number]?.phase, let waiter = instances[number]?.waiters.popFirst(),
                let invocation = queue.popFirst()
            else { continue }
            instances[number]?.phase = .serving(invocation)
            actions.append(.give(invocation, to: waiter))
            actions += setDeadline(now + .seconds(Int64(timeoutSeconds)), of: number)
        }
        return actions
    }
}
