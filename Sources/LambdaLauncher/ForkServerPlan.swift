/// A process that has loaded what many plans' processes load, and is forked into them.
package struct ForkServerPlan: Hashable, Sendable {
    /// The plan's executable with these arguments, followed by the path of `trellis-launcher`, is the server.
    ///
    /// The last argument is completed by the path, as in `--fork-server=`.
    package var arguments: [String]
    /// Its whole environment.
    ///
    /// A process that needs another one from its very start is executed anew by the server.
    package var environment: [String: String]

    /// Makes a plan.
    package init(arguments: [String], environment: [String: String]) {
        self.arguments = arguments
        self.environment = environment
    }
}
