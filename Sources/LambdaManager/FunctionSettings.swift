internal import GreengrassModel

/// What a `FunctionMachine` goes by; a deployment may change it.
struct FunctionSettings: Equatable {
    var policy: InstancePolicy
    /// `timeoutInSeconds`: an invocation that takes longer is ended, and its instance with it.
    var timeoutSeconds: Int
    /// `statusTimeoutInSeconds`: a pinned instance that has no work and gives no sign of life for so long has
    /// failed.
    var statusTimeoutSeconds: Int

    init(policy: InstancePolicy, timeoutSeconds: Int, statusTimeoutSeconds: Int) {
        self.policy = policy
        self.timeoutSeconds = timeoutSeconds
        self.statusTimeoutSeconds = statusTimeoutSeconds
    }

    /// What the component file asks for.
    init(_ parameters: LambdaParameters) {
        policy = InstancePolicy(parameters)
        timeoutSeconds = Int(parameters.timeout.components.seconds)
        statusTimeoutSeconds = Int(parameters.statusTimeout.components.seconds)
    }
}
