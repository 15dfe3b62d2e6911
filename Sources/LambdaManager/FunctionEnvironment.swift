internal import FoundationEssentials
package import GreengrassModel
package import LambdaLauncher
internal import NIOConcurrencyHelpers

/// Makes the launch plan of a function: its command line and the environment that the originals give it.
///
/// The names are those seen on Greengrass core 2.7; see docs/legacy-ipc.md.
package struct FunctionEnvironment: Sendable {
    /// The highest interface version of the SDKs that is served.
    static let interfaceVersionMax = "1.5"

    /// `_GG_LOG_FD_*`: the descriptor that records of each level are written to.
    static let logDescriptors = [
        ("TRACE", 6), ("DEBUG", 3), ("INFO", 1), ("WARN", 4), ("ERROR", 2), ("FATAL", 5),
    ]

    /// The variables that differ between the instances of a function: the token, for the legacy SDK and for
    /// the Device SDK v2, and the number.
    static let tokenVariables = ["AWS_CONTAINER_AUTHORIZATION_TOKEN", "SVCUID"]
    static let workerVariable = "AWS_GREENGRASS_LAMBDA_WORKER_ID"

    /// Where a process finds its files.
    struct Places {
        let code: String
        let runtimeFolder: String
        let runtimeFile: String
        /// The packages that functions share.
        let packages: String
        /// The socket of the Greengrass IPC.
        let ipcSocket: String
        var isInContainer = false
    }

    /// What is the same for every function.
    package struct Settings: Sendable {
        /// The daemon's root folder, absolute.
        package var root: String
        /// The folder that holds the runtimes' files.
        package var runtimeFolder: String
        /// The port of the legacy API on the loopback interface.
        package var port: Int
        /// The path of the Greengrass IPC's socket.
        package var ipcSocketPath: String
        /// The thing's name in AWS IoT.
        package var thingName: String
        /// The AWS region, for example `eu-central-1`.
        package var region: String
        /// The root certificates' file; empty when there is none.
        package var rootCAPath: String
        /// This program's version.
        package var version: String
        /// The daemon's own environment, of which PATH, HOME, TZ and the like are handed on.
        package var inherited: [String: String]
        /// How functions that ask for a container get one; nil when they run without.
        package var containers: ContainerSupport?

        /// Makes settings.
        package init(
            root: String,
            runtimeFolder: String,
            port: Int,
            ipcSocketPath: String,
            thingName: String,
            region: String,
            rootCAPath: String,
            version: String,
            inherited: [String: String],
            containers: ContainerSupport? = nil
        ) {
            self.root = root
            self.runtimeFolder = runtimeFolder
            self.port = port
            self.ipcSocketPath = ipcSocketPath
            self.thingName = thingName
            self.region = region
            self.rootCAPath = rootCAPath
            self.version = version
            self.inherited = inherited
            self.containers = containers
        }
    }

    /// What runs a function's code.
    package struct Interpreter: Sendable {
        /// Its executable, absolute.
        package var executable: String
        /// The runtime's main file, absolute.
        package var runtimeFile: String

        /// Makes an interpreter.
        package init(executable: String, runtimeFile: String) {
            self.executable = executable
            self.runtimeFile = runtimeFile
        }
    }

    let settings: Settings
    /// By the function's `Runtime`, for example `python3.9`.
    let interpreters: [String: Interpreter]
    /// By what the component file says.
    let accounts: [PosixUser?: FunctionAccount]
    /// The plans of functions without container, which are the same for all instances but for two variables.
    private let plans = NIOLockedValueBox<[LambdaComponent: LaunchPlan]>([:])

    /// Makes an environment.
    ///
    /// - Parameters:
    ///   - settings: What is the same for every function.
    ///   - interpreters: One for each `Runtime` that a deployed function names.
    ///   - accounts: One for each user that a deployed function names, and for `nil`, the default.
    package init(
        settings: Settings,
        interpreters: [String: Interpreter],
        accounts: [PosixUser?: FunctionAccount] = [:]
    ) {
        self.settings = settings
        self.interpreters = interpreters
        self.accounts = accounts
    }

    /// Who the function's processes run as: `user:group`.
    package func user(of definition: LambdaComponent) -> String {
        let account = accounts[definition.posixUser]
        if isContained(definition), let nobody = nobody(insteadOf: account) { return nobody }
        return account.map { "\($0.user):\($0.group)" } ?? "the daemon's own"
    }

    /// The plan to start one instance: in a container if it asks for one and there are any, else forked from
    /// a process that has imported the runtime.
    package func plan(for definition: LambdaComponent, instance: UInt64, token: String) -> LaunchPlan {
        guard !isContained(definition) else {
            return containedPlan(definition, instance: instance, token: token)
        }
        var plan = plans.withLockedValue { plans in
            let known = plans[definition] ?? planWithoutContainer(definition)
            plans[definition] = known
            return known
        }
        for variable in Self.tokenVariables {
            plan.environment[variable] = token
        }
        plan.environment[Self.workerVariable] = "\(instance)"
        return plan
    }

    private func planWithoutContainer(_ definition: LambdaComponent) -> LaunchPlan {
        var plan = plan(definition, at: places(of: definition), instance: 0, token: "")
        if definition.isStartedFast, let interpreter = interpreters[definition.runtime] {
            plan.forkServer = forkServer(interpreter)
        }
        return plan
    }

    /// The plan to start a process anew, with the paths that it sees.
    func plan(
        _ definition: LambdaComponent,
        at places: Places,
        instance: UInt64,
        token: String
    ) -> LaunchPlan {
        let arguments =
            [places.runtimeFile, "--handler=\(definition.handler)"] + definition.parameters.execArguments
        let account = accounts[definition.posixUser]
        var environment = inherited(folder: places.code)
        environment.merge(account?.environment ?? [:]) { $1 }
        environment.merge(definition.parameters.environmentVariables) { $1 }
        Settings.add(packages: places.packages, to: &environment)
        environment.merge(settings.core(token: token, ipcSocket: places.ipcSocket)) { $1 }
        environment.merge(legacy(of: definition)) { $1 }
        environment.merge(
            describing(
                definition,
                at: places,
                command: [definition.runtime] + arguments,
                instance: instance
            )
        ) { $1 }
        return LaunchPlan(
            name: "\(definition.name)",
            executable: interpreters[definition.runtime]?.executable ?? definition.runtime,
            arguments: arguments,
            environment: environment,
            workingDirectory: places.code,
            user: account?.identity
        )
    }

    private func places(of definition: LambdaComponent) -> Places {
        Places(
            code: definition.code.path,
            runtimeFolder: settings.runtimeFolder,
            runtimeFile: interpreters[definition.runtime]?.runtimeFile ?? "",
            packages: settings.packages,
            ipcSocket: settings.ipcSocketPath
        )
    }

    /// Where instances are forked: the runtime in an environment that belongs to no function.
    private func forkServer(_ interpreter: Interpreter) -> ForkServerPlan {
        ForkServerPlan(
            arguments: [interpreter.runtimeFile, "--fork-server="],
            // A home would add packages of its user. The language is that of functions.
            environment: [
                "PATH": settings.searchPath, "HOME": "/nonexistent", "LANG": Settings.language,
                "TRELLIS_PACKAGES": settings.packages,
            ]
        )
    }

    /// The plan for a process of the user's own: its log goes where its output goes, and it can run the
    /// runtime as the module `lambda_runtime`.
    package func planForUser(
        _ definition: LambdaComponent,
        instance: UInt64,
        token: String
    ) -> LaunchPlan {
        var plan = plan(definition, at: places(of: definition), instance: instance, token: token)
        for (level, _) in Self.logDescriptors {
            plan.environment["_GG_LOG_FD_\(level)"] = nil
        }
        // Set in a shell it would lie about where the shell is.
        plan.environment["PWD"] = nil
        if let file = interpreters[definition.runtime]?.runtimeFile, let slash = file.lastIndex(of: "/") {
            plan.environment["PYTHONPATH"] = "\(file[..<slash]):\(plan.environment["PYTHONPATH"] ?? "")"
        }
        return plan
    }

    private func inherited(folder: String) -> [String: String] {
        var environment = settings.base(folder: folder)
        environment["PATH"] = "\(folder):\(settings.searchPath)"
        environment["LOG_LEVEL"] = "INFO"
        return environment
    }

    /// What the SDKs and the runtime read.
    private func legacy(of definition: LambdaComponent) -> [String: String] {
        var environment = [
            "MY_FUNCTION_ARN": definition.arn.description,
            "GG_DAEMON_PORT": "\(settings.port)",
            "ENCODING_TYPE": definition.parameters.payloadEncoding.onDevice,
            "ROUTER_FUNCTION_ARN": BuiltInFunction.router,
            "SHADOW_FUNCTION_ARN": BuiltInFunction.shadow,
            "SECRETS_MANAGER_FUNCTION_ARN": BuiltInFunction.secretManager,
            "GGC_MAX_INTERFACE_VERSION": Self.interfaceVersionMax,
            "LOG_DIR": "\(settings.root)/logs",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "\(definition.parameters.timeout.components.seconds)",
        ]
        for (level, descriptor) in Self.logDescriptors {
            environment["_GG_LOG_FD_\(level)"] = "\(descriptor)"
        }
        return environment
    }

    /// What the originals tell a function about itself.
    private func describing(
        _ definition: LambdaComponent,
        at places: Places,
        command: [String],
        instance: UInt64
    ) -> [String: String] {
        let prefix = "AWS_GREENGRASS_LAMBDA_"
        return [
            prefix + "ARN": definition.arn.description,
            prefix + "ARTIFACT_PATH": places.code,
            // What runs, which need not be what was asked for.
            prefix + "CONTAINER_MODE": places.isInContainer ? "GreengrassContainer" : "NoContainer",
            prefix + "CONTAINER_PARAMS": json(ContainerDescription(definition.parameters.container)),
            prefix + "ENCODING_TYPE": definition.parameters.payloadEncoding.onDevice,
            prefix + "EXEC_ARGS": json(command),
            prefix + "FUNCTION_HANDLER": definition.handler.description,
            prefix + "LINUX_PROCESS_PARAMS": json(accounts[definition.posixUser]?.processParameters ?? [:]),
            prefix + "MESSAGE_PORT": "\(settings.port)",
            prefix + "PARAMS": json(["EnvironmentVariables": definition.parameters.environmentVariables]),
            prefix + "RUNTIME": definition.runtime,
            prefix + "RUNTIME_PATH": places.runtimeFolder,
            prefix + "STATUS_TIMEOUT_SECONDS": "\(definition.parameters.statusTimeout.components.seconds)",
            Self.workerVariable: "\(instance)",
        ]
    }

    private func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
