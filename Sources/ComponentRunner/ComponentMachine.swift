internal import Components
internal import Glibc
internal import GreengrassModel
internal import LambdaLauncher
internal import LambdaManager
internal import NIOCore

/// Decides what happens to one component: when its process starts, and what follows its end.
///
/// A value without I/O, locks or clock: every event returns the actions that follow from it, to be performed
/// in their order.
struct ComponentMachine {
    /// What the owner does.
    enum Action: Equatable {
        /// Start a process for the instance.
        case launch(instance: UInt64)
        /// Send the instance's process and its group a signal.
        case signal(instance: UInt64, Int32)
        /// Call `deadlineReached` for the instance then.
        case wake(instance: UInt64, at: NIODeadline)
        /// Call `retryIsDue` then.
        case retry(at: NIODeadline)
        /// The instance is gone: tell why.
        case report(instance: UInt64, EndCause, wasKilled: Bool)
        /// Show the new state.
        case enter(ComponentState)
        /// Write a line to the component's log.
        case note(LogLevel, String)
        /// The process is gone after `stop`, or was not there.
        case stopped
    }

    /// The one process that a component has.
    struct Instance {
        let number: UInt64
        let startedAt: NIODeadline
        /// Whether its program runs.
        var isRunning = false
        var isPaused = false
        /// Why it is to end; `nil` as long as it is not.
        var cause: EndCause?
        /// Whether it did not end when it was asked to.
        var wasKilled = false
    }

    private var rule: GenericComponent.RestartRule
    private var shutdownTimeout: TimeAmount
    private(set) var instance: Instance?
    /// Whether the component is to run.
    private var isWanted = false
    private var restartPolicy = RestartPolicy()
    /// Until then nothing is started, after an end.
    private var retryAt: NIODeadline?
    private var lastInstance: UInt64 = 0

    init(_ definition: GenericComponent) {
        rule = definition.restart
        shutdownTimeout = TimeAmount(definition.shutdownTimeout)
    }

    /// Wants the component to run, and forgets failures.
    ///
    /// A process that runs already is ended first.
    mutating func start(now: NIODeadline) -> [Action] {
        let wasStopping = !isWanted && instance != nil
        isWanted = true
        retryAt = nil
        restartPolicy = RestartPolicy()
        return (wasStopping ? [.stopped] : [])
            + (instance == nil ? launch(now: now) : end(because: .stopped, now: now))
    }

    /// Is what another definition describes from now on, in a new process.
    mutating func redeploy(_ definition: GenericComponent, now: NIODeadline) -> [Action] {
        rule = definition.restart
        let actions = start(now: now)
        shutdownTimeout = TimeAmount(definition.shutdownTimeout)
        return actions
    }

    /// Wants the component to end; `.stopped` follows, now or with the end of its process.
    mutating func stop(now: NIODeadline) -> [Action] {
        isWanted = false
        retryAt = nil
        return instance == nil ? [.enter(.finished), .stopped] : end(because: .stopped, now: now)
    }

    /// The delay before another attempt is over, unless another one began meanwhile.
    mutating func retryIsDue(now: NIODeadline) -> [Action] {
        guard isWanted, instance == nil, let retryAt, retryAt <= now else { return [] }
        self.retryAt = nil
        return launch(now: now)
    }

    /// The instance's program runs.
    mutating func didStart(_ number: UInt64) -> [Action] {
        guard instance?.number == number else { return [] }
        instance?.isRunning = true
        return instance?.cause == nil ? [.enter(.running)] : []
    }

    /// The instance says how it stands.
    mutating func report(_ state: ReportedState, by number: UInt64, now: NIODeadline) -> [Action] {
        guard let instance, instance.number == number, instance.cause == nil else { return [] }
        switch state {
        case .running: return [.enter(.running)]
        case .errored: return end(because: .reportedErrored, now: now)
        }
    }

    /// Halts the process, or lets it go on.
    ///
    /// - Returns: `nil` when there is none that could be halted.
    mutating func setPaused(_ isPaused: Bool) -> [Action]? {
        guard let instance, instance.isRunning, instance.cause == nil else { return nil }
        guard instance.isPaused != isPaused else { return [] }
        self.instance?.isPaused = isPaused
        return [
            .signal(instance: instance.number, isPaused ? SIGSTOP : SIGCONT),
            .note(.info, isPaused ? "is paused" : "is resumed"),
        ]
    }

    /// The time that `.wake` asked for has come.
    mutating func deadlineReached(_ number: UInt64) -> [Action] {
        guard instance?.number == number, instance?.cause != nil else { return [] }
        instance?.wasKilled = true
        return [.signal(instance: number, SIGKILL)]
    }

    /// The instance's process ended, or could not be started; `end` says how.
    mutating func instanceEnded(
        _ number: UInt64,
        end: ProcessEnd,
        now: NIODeadline,
        jitter: Double
    ) -> [Action] {
        guard let instance, instance.number == number else { return [] }
        self.instance = nil
        let cause = instance.cause ?? EndCause(end)
        let text = "ended: \(cause.text(wasKilled: instance.wasKilled))"
        let report = Action.report(instance: number, cause, wasKilled: instance.wasKilled)
        guard isWanted else { return [report, .note(.info, text), .enter(.finished), .stopped] }
        if cause == .stopped {
            return [report, .note(.info, text)] + launch(now: now)
        }
        return [report] + recover(from: instance, cause, text, now: now, jitter: jitter)
    }

    /// Goes on after the process ended that nobody had stopped.
    private mutating func recover(
        from instance: Instance,
        _ cause: EndCause,
        _ text: String,
        now: NIODeadline,
        jitter: Double
    ) -> [Action] {
        let isSuccess = cause == .exited(code: 0)
        if rule == .never || (isSuccess && rule == .onFailure) {
            isWanted = false
            return [.note(isSuccess ? .info : .error, text), .enter(isSuccess ? .finished : .broken)]
        }
        // Who fails this soon has not come to work: that is a failure to initialise.
        let isProven = isSuccess || now - instance.startedAt >= RestartPolicy.healthyAfter
        let decision = restartPolicy.instanceEnded(
            runningSince: isProven ? instance.startedAt : nil,
            now: now,
            jitter: jitter
        )
        switch decision {
        case .restart(let delay):
            retryAt = now + delay
            let note = "\(text); starts again in \(delay.nanoseconds / 1_000_000) ms"
            return [
                .note(isSuccess ? .info : .error, note), .enter(isSuccess ? .finished : .errored),
                .retry(at: now + delay),
            ]
        case .giveUp:
            isWanted = false
            let note =
                "\(text); the \(RestartPolicy.failureCountMax). time within an hour that it failed in its "
                + "first minute: BROKEN until 'trellis component restart' or a new start of the daemon"
            return [.note(.error, note), .enter(.broken)]
        }
    }

    private mutating func launch(now: NIODeadline) -> [Action] {
        lastInstance += 1
        instance = Instance(number: lastInstance, startedAt: now)
        return [.enter(.starting), .launch(instance: lastInstance)]
    }

    private mutating func end(because cause: EndCause, now: NIODeadline) -> [Action] {
        guard let instance, instance.cause == nil else {
            // What it ends of counts no more than that somebody wants it to.
            self.instance?.cause = cause
            return []
        }
        self.instance?.cause = cause
        // One that is halted takes the first signal only when it goes on.
        let number = instance.number
        return [.enter(.stopping), .signal(instance: number, SIGTERM)]
            + (instance.isPaused ? [.signal(instance: number, SIGCONT)] : [])
            + [.wake(instance: number, at: now + shutdownTimeout)]
    }
}
