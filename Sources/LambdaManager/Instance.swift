internal import NIOCore

/// One process of a function, as the machine sees it.
struct Instance {
    enum Phase {
        /// Started; has not reported in.
        case starting
        /// Has no work.
        case idle
        /// Has work.
        case serving(Invocation)
        /// Was asked to end and is not gone yet.
        case ending(EndCause)
    }

    var phase = Phase.starting
    /// Its runtime's workers that wait for work, first come first served.
    var waiters = CircularBuffer<Waiter>()
    /// When it was started.
    let startedAt: NIODeadline
    /// When the phase has lasted too long; `nil` when it may last.
    var deadline: NIODeadline?
    /// The earliest call of `deadlineReached` that is under way.
    var nextWake: NIODeadline?
    /// When it reported in.
    var runningSince: NIODeadline?
    /// Whether one of its workers ever waited for work.
    var hasWaited = false
    /// When it last called.
    var lastCallAt: NIODeadline?
    /// Whether it is to end once it has answered the invocation that it serves.
    var isDraining = false
    /// Until then it may go on serving while it drains; `nil` for as long as the invocation may take.
    var drainDeadline: NIODeadline?
    /// Whether it did not end when it was asked to.
    var wasKilled = false
    /// Whether it is a process of the user's own, under a debugger for example: the daemon neither started it
    /// nor ends it, and sets it no time.
    let isExternal: Bool

    init(startedAt: NIODeadline, isExternal: Bool = false) {
        self.startedAt = startedAt
        self.isExternal = isExternal
    }

    /// The work it serves.
    var invocation: Invocation? {
        if case .serving(let invocation) = phase { invocation } else { nil }
    }

    var isStarting: Bool {
        if case .starting = phase { true } else { false }
    }

    var isIdle: Bool {
        if case .idle = phase { true } else { false }
    }

    var isEnding: Bool {
        if case .ending = phase { true } else { false }
    }

    /// Whether it said that it can't serve, or did not say anything in time, and is not gone yet.
    var hasFailedToInitialize: Bool {
        if case .ending(let cause) = phase { cause.isFailureToInitialize } else { false }
    }
}

/// Names one worker's wait for work.
package struct WaiterID: Sendable, Hashable {
    let number: UInt64
}

/// A worker of a runtime that waits for work.
struct Waiter: Sendable {
    let id: WaiterID
    let promise: EventLoopPromise<Work>
}
