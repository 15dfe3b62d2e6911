internal import FoundationEssentials
internal import Glibc
internal import LambdaLauncher
internal import NIOConcurrencyHelpers
internal import NIOCore

/// A container with an interpreter that waits to be told who it is.
final class Spare: Sendable {
    /// Who runs in it.
    struct User: Sendable {
        /// What the process is told: its part of the environment.
        let variables: [String: String]
        let onOutput: @Sendable (LogLevel, ByteBuffer) -> Void
        let onEnd: @Sendable (ProcessEnd) -> Void
    }

    private struct State {
        var user: User?
        /// The daemon's end of its standard input; nil once it is closed.
        var input: Int32?
        var end: ProcessEnd?
    }

    let process: SupervisedProcess
    private let state: NIOLockedValueBox<State>

    /// Starts it.
    init(_ plan: LaunchPlan, launcher: ProcessLauncher) {
        var ends: [Int32] = [-1, -1]
        // A socket, because writing to it raises no signal when its other end is gone.
        let hasInput =
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        let state = NIOLockedValueBox(State(input: hasInput ? ends[0] : nil))
        self.state = state
        // Without input it reads the end of `/dev/null` and exits; that is how its user learns of it.
        process = launcher.launch(
            plan,
            input: hasInput ? ends[1] : nil,
            onOutput: { level, line in state.withLockedValue { $0.user }?.onOutput(level, line) },
            onEnd: { end in
                let (user, input) = state.withLockedValue { state in
                    state.end = end
                    return (state.user, state.input.take())
                }
                _ = input.map { close($0) }
                user?.onEnd(end)
            }
        )
    }

    /// Lets a process run in it; it had none before.
    ///
    /// - Returns: Nil if it has ended already.
    func use(_ user: User) -> SupervisedProcess? {
        guard let line = try? JSONEncoder().encode(user.variables) else { return nil }
        let input = state.withLockedValue { state -> Int32? in
            guard state.end == nil else { return nil }
            state.user = user
            return state.input.take()
        }
        guard let input else { return nil }
        let message = line + [UInt8(ascii: "\n")]
        // A few hundred bytes into an empty socket are taken whole or, when nobody reads any more, not at
        // all: then the process has ended, and its user is told so.
        _ = message.withUnsafeBytes { send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        close(input)
        return process
    }

    /// Ends it; nobody uses it any more.
    func drop() {
        process.kill()
    }
}
