/// How a function is run and what invokes it: what the API calls `componentLambdaParameters`, with its
/// defaults.
package struct LambdaParameters: Hashable, Sendable {
    /// How a payload is handed to the function.
    package enum PayloadEncoding: Hashable, Sendable {
        /// As what its JSON means.
        case json
        /// As bytes.
        case binary
    }

    /// What keeps the function apart from the rest of the machine.
    package enum IsolationMode: Hashable, Sendable {
        /// `GreengrassContainer`: a container of its own.
        case greengrassContainer
        /// `NoContainer`: nothing but its process.
        case noContainer
    }

    /// What invokes it.
    package var eventSources: [EventSource] = []
    /// How many messages may wait for it.
    package var maxQueueSize = 1000
    /// How many instances may run at a time; a pinned function has one.
    package var maxInstancesCount = 100
    /// After how much idleness an instance that is not pinned ends; zero: after each invocation.
    package var maxIdleTime = Duration.seconds(60)
    /// How long an invocation may take.
    package var timeout = Duration.seconds(3)
    /// How long a pinned function may be silent about its state.
    package var statusTimeout = Duration.seconds(60)
    /// Whether the function runs all the time, in one instance.
    package var isPinned = true
    /// How a payload is handed to it.
    package var payloadEncoding = PayloadEncoding.json
    /// Arguments for its process.
    package var execArguments: [String] = []
    /// Its own part of the environment.
    package var environmentVariables: [String: String] = [:]
    /// What keeps it apart from the rest of the machine.
    package var isolationMode = IsolationMode.greengrassContainer
    /// What its container holds.
    package var container = ContainerParameters()

    /// Makes the defaults.
    package init() {}
}
