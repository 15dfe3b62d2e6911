/// Whether a deployed function can take a message now.
package struct FunctionCondition: Hashable, Sendable {
    /// Its component's state, in the words of the originals: `NEW`, `INSTALLED`, `STARTING`, `RUNNING`,
    /// `STOPPING`, `FINISHED`, `ERRORED` or `BROKEN`.
    package var state: String
    /// The limit that is exhausted, for example `maxQueueSize 1000`, when its queue has no room for one
    /// message more.
    package var queueIsFull: String?

    /// Makes a condition.
    package init(state: String, queueIsFull: String? = nil) {
        self.state = state
        self.queueIsFull = queueIsFull
    }
}
