internal import Glibc
internal import GreengrassModel
internal import LambdaManager
internal import LambdaRuntimes

/// What of this machine functions and other components need to run: interpreters, and users to run as.
struct FunctionWorld: Sendable {
    private let files: RuntimeFiles
    private let searchPath: String
    private let defaultUser: PosixUser?
    private(set) var interpreters: [String: FunctionEnvironment.Interpreter] = [:]
    private(set) var accounts: [PosixUser?: FunctionAccount] = [:]

    /// Knows nothing of any component yet.
    init(files: RuntimeFiles, searchPath: String, defaultUser: PosixUser?) {
        self.files = files
        self.searchPath = searchPath
        self.defaultUser = defaultUser
    }

    /// Finds what `components` need as well.
    ///
    /// - Throws: `DaemonError` when something is not there; nothing has changed then.
    mutating func find(
        for components: [LambdaComponent],
        _ generic: [GenericComponent],
        warn: (String) -> Void
    ) throws(DaemonError) {
        let found = try FunctionInterpreters.find(
            for: components,
            files: files,
            searchPath: searchPath,
            warn: warn
        )
        let isFirst = accounts.isEmpty
        let named = components.map { ($0.name, $0.posixUser) } + generic.map { ($0.name, $0.posixUser) }
        let users = try FunctionAccounts.find(for: named, default: defaultUser) { warning in
            if isFirst {
                warn(warning)
            }
        }
        interpreters.merge(found) { $1 }
        accounts.merge(users) { $1 }
    }
}
