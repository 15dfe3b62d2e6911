package import LambdaLauncher

/// Why an instance ended, or is to end: what it was, whatever its process says of itself then.
package enum EndCause: Hashable, Sendable {
    /// Its function was stopped, restarted or deployed anew, what it depends on ended, or a debugger took its
    /// place.
    case stopped
    /// It had no work for its time, or served the one invocation that it was there for.
    case notNeeded
    /// An invocation took longer than `timeoutInSeconds`.
    case timedOut(seconds: Int)
    /// It gave no sign of life for `statusTimeoutInSeconds`.
    case statusTimedOut(seconds: Int)
    /// It did not report in.
    case initializationTimedOut(seconds: Int64)
    /// It reported that it can't serve; what it said.
    case failedToInitialize(reason: String)
    /// It said of itself that it can't go on.
    case reportedErrored
    /// It took more memory than it may.
    case outOfMemory
    /// It ended by itself with this status.
    case exited(code: Int32)
    /// This signal ended it, and the daemon had not sent it.
    case signalled(name: String)
    /// Its process never ran.
    case failedToStart(reason: String)

    /// What a process ended of that nobody had asked to end.
    package init(_ end: ProcessEnd) {
        switch end {
        case .exited(let code): self = .exited(code: code)
        case .signalled: self = .signalled(name: end.description)
        case .outOfMemory: self = .outOfMemory
        case .failedToStart(let reason): self = .failedToStart(reason: reason)
        }
    }

    /// Whether the function did nothing wrong.
    package var isOrderly: Bool { self == .stopped || self == .notNeeded }

    /// Whether it never came to serve.
    var isFailureToInitialize: Bool {
        switch self {
        case .failedToInitialize, .initializationTimedOut: true
        default: false
        }
    }

    /// One word for programs.
    var word: String {
        switch self {
        case .stopped: "stopped"
        case .notNeeded: "notNeeded"
        case .timedOut: "timeout"
        case .statusTimedOut: "statusTimeout"
        case .initializationTimedOut: "initializationTimeout"
        case .failedToInitialize: "failedToInitialize"
        case .reportedErrored: "reportedErrored"
        case .outOfMemory: "outOfMemory"
        case .exited: "exit"
        case .signalled: "signal"
        case .failedToStart: "failedToStart"
        }
    }
}

extension EndCause: CustomStringConvertible {
    /// The description, and whether the process did not obey.
    package func text(wasKilled: Bool) -> String {
        wasKilled ? "\(self); had to be killed" : description
    }

    /// A text for people, such as `exit status 3` or `status time-out: …`.
    package var description: String {
        switch self {
        case .stopped: "stopped"
        case .notNeeded: "not needed any more"
        case .timedOut(let seconds): "time-out: an invocation took longer than \(seconds) s"
        case .statusTimedOut(let seconds): "status time-out: no sign of life for \(seconds) s"
        case .initializationTimedOut(let seconds):
            "initialisation time-out: did not report in within \(seconds) s"
        case .failedToInitialize(let reason): "failed to initialise: \(reason)"
        case .reportedErrored: "it reported the state ERRORED"
        case .outOfMemory: "out of memory"
        case .exited(let code): "exit status \(code)"
        case .signalled(let text): text
        case .failedToStart(let reason): "could not be started: \(reason)"
        }
    }
}
