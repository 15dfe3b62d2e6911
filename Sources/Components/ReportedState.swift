/// What a component may say of itself through UpdateState.
package enum ReportedState: String, Sendable {
    /// It is ready.
    case running = "RUNNING"
    /// It can't go on; it is started again as after a crash.
    case errored = "ERRORED"
}
