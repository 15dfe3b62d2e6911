package import NIOCore

/// When a function or another component whose process ended is started again.
///
/// Exponential backoff with jitter; three failures to initialise within an hour end it.
package struct RestartPolicy: Sendable {
    /// The first delay.
    ///
    /// The delays double from here.
    package static let delayMin = TimeAmount.milliseconds(500)
    /// No delay is longer.
    static let delayMax = TimeAmount.seconds(60)
    /// An instance that ran this long has proven itself: the next delay is the first one again.
    package static let healthyAfter = TimeAmount.seconds(60)
    /// So many failures to initialise within `failureWindow` mark a function BROKEN.
    ///
    /// As the originals' nucleus.
    package static let failureCountMax = 3
    /// See `failureCountMax`.
    static let failureWindow = TimeAmount.hours(1)

    /// What follows the end of an instance.
    package enum Decision: Equatable {
        /// Another one, after a delay.
        case restart(after: TimeAmount)
        /// None, until somebody asks for one.
        case giveUp
    }

    private var consecutiveEnds = 0
    private var lastEndAt: NIODeadline?
    private var initializationFailures: [NIODeadline] = []

    /// Knows of no failure.
    package init() {}

    /// Whether nothing has gone well since the last failure.
    var hasFailed: Bool { consecutiveEnds > 0 }

    /// Whether there was a failure at `time` or later.
    func hasFailed(since time: NIODeadline) -> Bool {
        lastEndAt.map { $0 >= time } ?? false
    }

    /// An instance served an invocation: the next delay is the first one again.
    mutating func didServe() {
        consecutiveEnds = 0
    }

    /// Decides what follows the end of an instance.
    ///
    /// - Parameters:
    ///   - runningSince: When it reported in; `nil` when it never did.
    ///   - now: The time of its end.
    ///   - jitter: A random number from 0 to 1; the delay is between half and all of the step.
    /// - Returns: What to do.
    package mutating func instanceEnded(
        runningSince: NIODeadline?,
        now: NIODeadline,
        jitter: Double
    ) -> Decision {
        lastEndAt = now
        if let runningSince {
            if now - runningSince >= Self.healthyAfter {
                consecutiveEnds = 0
            }
        } else {
            initializationFailures.removeAll { now - $0 > Self.failureWindow }
            initializationFailures.append(now)
            if initializationFailures.count >= Self.failureCountMax {
                return .giveUp
            }
        }
        let step = Self.delayMin.nanoseconds << min(consecutiveEnds, 16)
        let bounded = min(step, Self.delayMax.nanoseconds)
        consecutiveEnds += 1
        return .restart(after: .nanoseconds(bounded / 2 + Int64(Double(bounded / 2) * jitter)))
    }
}
