internal import Broker
internal import Components
internal import LambdaLauncher
internal import NIOCore

/// Decides what happens to one function: its queue, its instances, their work and their ends.
///
/// A value without I/O, locks or clock: every event returns the actions that follow from it, to be performed
/// in their order. This file has its state; `+Life` starts and stops it, `+Work` hands out work, `+Ends` sees
/// instances end.
///
///     commit ─► queue ─► dispatch ─► give to the instance that was used last
///                           │             │ complete, wait
///                           └─► scale ◄───┘ launch while more waits than is coming
struct FunctionMachine {
    /// An instance that does not report in within this time has failed to start.
    static let initializationTimeout = TimeAmount.seconds(30)
    /// An instance that was asked to end is killed after this time.
    static let stopGrace = TimeAmount.seconds(2)
    /// An instance on demand that has answered and does not ask for work within this time is not needed.
    static let askTimeMax = TimeAmount.seconds(5)
    /// So many instances of one function start at a time.
    ///
    /// A process start takes a core for a tenth of a second: more at once would all be later.
    static let startingCountMax = 4
    static let stoppedReason = "the function was stopped"
    static let heldReason = "waits for a function that it depends on"
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
        /// Let nobody speak as the external instance any more.
        case disown(instance: UInt64)
        /// Call `deadlineReached` for the instance then.
        case wake(instance: UInt64, at: NIODeadline)
        /// Call `retryIsDue` then.
        case retry(at: NIODeadline)
        /// Give the result to the invoker.
        case finish(invocationID: String, InvocationResult)
        /// Keep an event that can't be served.
        case keepDead(Invocation, reason: String)
        /// The instance is gone: tell why.
        case report(instance: UInt64, EndCause, wasKilled: Bool)
        /// Show the new state.
        case enter(ComponentState)
        /// Write a line to the function's log.
        case note(LogLevel, String)
        /// The last instance is gone after `stop`.
        case stopped
    }

    var settings: FunctionSettings
    var queue: WorkQueue
    var instances: [UInt64: Instance] = [:]
    /// The idle instances that wait for work; the one that was used last is last.
    var ready: [UInt64] = []
    var restartPolicy = RestartPolicy()
    /// Whether the function is to run: between `start` and `stop`.
    var isWanted = false
    var isStopped = false
    /// Whether events come into the queue of a stopped function, too: the daemon ends, and keeps them.
    var keepsEvents = false
    var isBroken = false
    /// Whether it waits for another function, which it depends on, to run.
    var isHeld: Bool
    var counters = FunctionCounters()
    /// Until then nothing is started, after a failure.
    var retryAt: NIODeadline?
    private var lastInstance: UInt64 = 0

    init(settings: FunctionSettings, queue: WorkQueue, isHeld: Bool = false) {
        self.settings = settings
        self.queue = queue
        self.isHeld = isHeld
    }

    var policy: InstancePolicy { settings.policy }

    /// The user's own process that serves in place of the daemon's, if there is one.
    var external: UInt64? { instances.first { $0.value.isExternal }?.key }

    /// Begins to serve, unless a function that it depends on does not.
    mutating func begin(now: NIODeadline) -> [Action] {
        guard !isHeld else { return [.enter(.installed), .note(.info, Self.heldReason)] }
        return switch policy {
        case .pinned: [.enter(.starting)] + launch(now: now)
        case .onDemand: [.enter(.running)] + dispatch(now: now)
        }
    }

    /// The delay before another attempt is over, unless another one began meanwhile.
    mutating func retryIsDue(now: NIODeadline) -> [Action] {
        guard isWanted, let retryAt, retryAt <= now else { return [] }
        self.retryAt = nil
        return instances.isEmpty ? begin(now: now) : dispatch(now: now)
    }

    mutating func launch(now: NIODeadline) -> [Action] {
        let number = nextInstance()
        instances[number] = Instance(startedAt: now)
        return [.launch(instance: number)] + setDeadline(now + Self.initializationTimeout, of: number)
    }

    mutating func nextInstance() -> UInt64 {
        lastInstance += 1
        return lastInstance
    }

    /// The instance calls, which is a sign of life.
    ///
    /// - Returns: How many functions stand before what it publishes now.
    mutating func didCall(_ number: UInt64, now: NIODeadline) -> Int {
        instances[number]?.lastCallAt = now
        return instances[number]?.invocation.map { $0.hops + 1 } ?? 0
    }

    /// Sets when the phase has lasted too long.
    ///
    /// A wake-up that is under way and early enough serves this deadline too, so that an invocation need not
    /// schedule and cancel a timer of its own.
    mutating func setDeadline(_ deadline: NIODeadline, of number: UInt64) -> [Action] {
        instances[number]?.deadline = deadline
        if let wake = instances[number]?.nextWake, wake <= deadline {
            return []
        }
        instances[number]?.nextWake = deadline
        return [.wake(instance: number, at: deadline)]
    }
}
