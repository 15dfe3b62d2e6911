/// What went wrong with a function since the daemon started: the metrics of Greengrass V1, by their names.
package struct FunctionCounters: Sendable, Codable, Equatable {
    enum CodingKeys: String, CodingKey {
        case timeouts = "LambdaTimeout"
        case outOfMemory = "LambdaOutOfMemory"
        case ungracefullyKilled = "LambdaUngracefullyKilled"
        case errors = "LambdaError"
        case droppedMessages = "DroppedMessageCount"
    }

    /// Invocations that took longer than `timeoutInSeconds`.
    package var timeouts = 0
    /// Instances that ended because they took more memory than they may.
    package var outOfMemory = 0
    /// Instances that ended without being asked to, in other ways than these, or did not obey when they were.
    package var ungracefullyKilled = 0
    /// Invocations that the handler, or the runtime for it, answered with an error.
    package var errors = 0
    /// Messages and events for the function that became dead letters.
    package var droppedMessages = 0

    /// Nothing went wrong.
    package init() {}

    /// Each with its name, in a fixed order.
    package var named: [(name: String, count: Int)] {
        [
            (CodingKeys.timeouts.rawValue, timeouts), (CodingKeys.outOfMemory.rawValue, outOfMemory),
            (CodingKeys.ungracefullyKilled.rawValue, ungracefullyKilled),
            (CodingKeys.errors.rawValue, errors), (CodingKeys.droppedMessages.rawValue, droppedMessages),
        ]
    }

    mutating func didEnd(_ cause: EndCause, wasKilled: Bool) {
        switch cause {
        case .outOfMemory: outOfMemory += 1
        case .exited, .signalled, .statusTimedOut, .initializationTimedOut, .reportedErrored:
            ungracefullyKilled += 1
        case .stopped, .notNeeded, .failedToInitialize: ungracefullyKilled += wasKilled ? 1 : 0
        case .timedOut, .failedToStart: break
        }
    }
}
