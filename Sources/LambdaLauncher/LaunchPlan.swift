/// What process to run and how: a plain value for ``ProcessLauncher/launch(_:onOutput:onEnd:)``.
package struct LaunchPlan: Hashable, Sendable {
    /// What the daemon's log calls the process, usually its component's name.
    package var name: String
    /// The program's absolute path; `PATH` is not searched.
    package var executable: String
    /// The arguments after the program's own name.
    package var arguments: [String]
    /// The whole environment: nothing of the daemon's is added.
    package var environment: [String: String]
    /// The absolute path of the folder the process starts in; its user must be able to enter it.
    package var workingDirectory: String
    /// Who to run as; nil is the daemon's own user.
    ///
    /// Only a daemon that runs as root can change it.
    package var user: UserIdentity?
    /// What to fork the process from; nil starts it anew.
    ///
    /// It makes no difference but in time and memory: where a fork can't be had, the process is started anew.
    package var forkServer: ForkServerPlan?
    /// The container that it runs in; nil is none.
    package var container: ContainerPlan?

    /// Makes a plan.
    package init(
        name: String,
        executable: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        workingDirectory: String,
        user: UserIdentity? = nil,
        forkServer: ForkServerPlan? = nil,
        container: ContainerPlan? = nil
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.forkServer = forkServer
        self.container = container
    }
}
