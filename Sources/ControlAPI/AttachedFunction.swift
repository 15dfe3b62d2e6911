internal import LambdaLauncher

/// What a process of the user's own needs to serve as a function.
package struct AttachedFunction: Codable, Sendable {
    /// The number of the instance that it is.
    package var instance: UInt64
    /// Its environment, with a token that is valid for an hour.
    package var environment: [String: String]
    /// The folder that it runs in.
    package var workingDirectory: String

    init(instance: UInt64, plan: LaunchPlan) {
        self.instance = instance
        environment = plan.environment
        workingDirectory = plan.workingDirectory
    }
}
