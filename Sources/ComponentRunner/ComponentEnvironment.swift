package import Components
internal import Glibc
package import GreengrassModel
package import LambdaLauncher
package import LambdaManager

/// Makes the launch plan of a component that is no function: its command line, environment and user.
package struct ComponentEnvironment: Sendable {
    private let settings: FunctionEnvironment.Settings
    private let accounts: [PosixUser?: FunctionAccount]

    /// Makes an environment.
    ///
    /// - Parameters:
    ///   - settings: What is the same for every component.
    ///   - accounts: One for each user that a component names, and for `nil`, the default.
    package init(settings: FunctionEnvironment.Settings, accounts: [PosixUser?: FunctionAccount]) {
        self.settings = settings
        self.accounts = accounts
    }

    /// Who the component runs as: `user:group`.
    package func user(of definition: GenericComponent) -> String {
        accounts[definition.posixUser].map { "\($0.user):\($0.group)" } ?? "the daemon's own"
    }

    /// The plan to start the component's process.
    ///
    /// - Throws: `ComponentError.failed` when there is no such program.
    package func plan(for definition: GenericComponent, token: String) throws(ComponentError) -> LaunchPlan {
        let account = accounts[definition.posixUser]
        let folder = definition.workingDirectory
        var environment = settings.base(folder: folder)
        environment.merge(account?.environment ?? [:]) { $1 }
        environment.merge(definition.environment) { $1 }
        FunctionEnvironment.Settings.add(packages: settings.packages, to: &environment)
        environment.merge(settings.core(token: token, ipcSocket: settings.ipcSocketPath)) { $1 }
        return LaunchPlan(
            name: "\(definition.name)",
            executable: try Self.find(
                definition.command.first ?? "",
                in: folder,
                path: environment["PATH"] ?? ""
            ),
            arguments: Array(definition.command.dropFirst()),
            environment: environment,
            workingDirectory: folder,
            user: account?.identity
        )
    }

    /// The absolute path of a program: a path from `folder`, or a name that is looked for along `path`.
    private static func find(
        _ program: String,
        in folder: String,
        path: String
    ) throws(ComponentError) -> String {
        if program.hasPrefix("/") { return program }
        if program.contains("/") { return "\(folder)/\(program)" }
        let candidates = path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(program)" }
        guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw .failed("no folder of its PATH (\(path)) has a program \(program)")
        }
        return found
    }
}
