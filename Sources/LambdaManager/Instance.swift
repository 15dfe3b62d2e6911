internal import NIOCore

/// One process of a function, as the machine sees it.
struct Instance {
    /// Why an instance was asked to end.
    enum EndCause: Equatable {
        case stopped
        case timedOut
        case failedToInitialize
    }

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
    /// When the phase has lasted too long; `nil` when it may last.
    var deadline: NIODeadline?
    /// The earliest call of `deadlineReached` that is under way.
    var nextWake: NIODeadline?
    /// When it reported in.
    var runningSince: NIODeadline?

    var isEnding: Bool {
        if case .ending = phase { true } else { false }
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
