import FoundationEssentials
import Glibc

/// The process that is run in the foreground, for the handlers of signals; 0 when there is none.
///
/// Written once, before the handler is set: a signal's handler can reach nothing else.
nonisolated(unsafe) private var foregroundPID: pid_t = 0

/// Runs a program in the terminal's foreground, with this process waiting behind it.
enum ForegroundProgram {
    /// What shells answer for a command that can't be found or run.
    private static let notFoundStatus: Int32 = 127

    /// Runs a program to its end.
    ///
    /// It is looked for on this process' PATH. What the terminal sends (Ctrl-C) goes to both, and is the
    /// program's to obey.
    ///
    /// - Parameters:
    ///   - command: The program and its arguments, not empty.
    ///   - environment: Its environment, over this process' own.
    ///   - folder: The folder that it runs in; this process enters it too.
    /// - Returns: Its exit status, or 128 and the number of the signal that ended it.
    static func run(_ command: [String], environment: [String: String], folder: String) -> Int32 {
        guard chdir(folder) == 0 else {
            Output.error("can't enter the folder \(folder): \(String(cString: strerror(errno)))")
            return notFoundStatus
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that are ignored or blocked here would stay so in the program.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGQUIT, SIGPIPE] {
            sigaddset(&signals, number)
        }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let own = ProcessInfo.processInfo.environment
        let variables = own.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        signal(SIGINT, SIG_IGN)
        signal(SIGQUIT, SIG_IGN)
        var pid: pid_t = 0
        let error = withCStrings(command) { arguments in
            withCStrings(variables) { variables in
                posix_spawnp(&pid, command[0], nil, &attributes, arguments, variables)
            }
        }
        guard error == 0 else {
            Output.error("can't run \(command[0]): \(String(cString: strerror(error)))")
            return notFoundStatus
        }
        foregroundPID = pid
        // The daemon is told of the end, also when somebody ends this process or closes its terminal.
        for number in [SIGTERM, SIGHUP] {
            signal(number) { kill(foregroundPID, $0) }
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signalNumber = status & 0x7F
        return signalNumber == 0 ? (status >> 8) & 0xFF : 128 + signalNumber
    }

    /// Calls `body` with the texts as C has lists of them: pointers, with a null one at the end.
    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            // Not empty: it ends with the null.
            buffer.baseAddress.map(body).unsafelyUnwrapped
        }
    }
}
