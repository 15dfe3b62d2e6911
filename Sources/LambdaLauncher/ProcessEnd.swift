import Glibc

/// How a process ended.
package enum ProcessEnd: Hashable, Sendable, CustomStringConvertible {
    /// It ended by itself with this exit status.
    case exited(code: Int32)
    /// This signal ended it.
    case signalled(number: Int32)
    /// It was killed because its container's processes wanted more memory than they may have.
    case outOfMemory
    /// It never ran; the reason is a text for the operator.
    case failedToStart(reason: String)

    /// Reads a wait status, as `waitpid` gives it.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited(code: (waitStatus >> 8) & 0xff) : .signalled(number: signal)
    }

    /// A text for logs, such as `exit status 3` or `killed by SIGKILL`.
    package var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signalled(let number): "killed by \(Self.name(ofSignal: number))"
        case .outOfMemory: "out of memory"
        case .failedToStart(let reason): "could not be started: \(reason)"
        }
    }

    /// The signals that end processes in practice.
    private static let signalNames = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
        SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
        SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
    ]

    private static func name(ofSignal number: Int32) -> String {
        signalNames[number] ?? "signal \(number)"
    }
}
