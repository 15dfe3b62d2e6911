internal import Glibc
package import LambdaLauncher
package import NIOCore

/// What the manager needs of the launcher: a way to start a process.
///
/// Tests put their own in its place.
package protocol ProcessStarter: Sendable {
    /// Starts a process.
    ///
    /// - Parameters:
    ///   - plan: What to start.
    ///   - onStart: Gets its process id once it runs.
    ///   - onOutput: Gets each line of its output, without its line end, on any thread.
    ///   - onEnd: Called once, after all output, also when the process could not be started.
    /// - Returns: A handle to end it with.
    func start(
        _ plan: LaunchPlan,
        onStart: @escaping @Sendable (Int32) -> Void,
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> any RunningProcess

    /// Ends what was made ahead for processes of plans with this name, of which none is left.
    func endSpares(named name: String)
}

extension ProcessStarter {
    package func endSpares(named name: String) {}
}

/// A process that was started.
package protocol RunningProcess: Sendable {
    /// Sends a signal to it and its process group; SIGKILL also ends everything that it started.
    func signal(_ number: Int32)
}

extension RunningProcess {
    /// Asks it to end.
    package func terminate() { signal(SIGTERM) }

    /// Ends it and everything it started.
    package func kill() { signal(SIGKILL) }
}

extension ProcessLauncher: ProcessStarter {
    package func start(
        _ plan: LaunchPlan,
        onStart: @escaping @Sendable (Int32) -> Void,
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> any RunningProcess {
        let process = launch(plan, onOutput: onOutput, onEnd: onEnd)
        process.pid.whenSuccess(onStart)
        return process
    }
}

extension SupervisedProcess: RunningProcess {}
