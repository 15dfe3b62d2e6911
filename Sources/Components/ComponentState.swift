/// Where a component stands; the names are those of the originals' `component list`.
package enum ComponentState: String, Sendable, Codable {
    /// Known, and nothing done yet.
    case new = "NEW"
    /// Its files are in place; no process runs.
    case installed = "INSTALLED"
    /// A process was started and has not reported in yet.
    case starting = "STARTING"
    /// A process reported in and takes work.
    case running = "RUNNING"
    /// Asked to end.
    case stopping = "STOPPING"
    /// Ended because it was asked to.
    case finished = "FINISHED"
    /// Its process failed; the next attempt waits for its time.
    case errored = "ERRORED"
    /// It failed to initialise too often; only a restart by hand or a new deployment starts it again.
    case broken = "BROKEN"
}
