internal import FoundationEssentials
package import GreengrassModel
package import LambdaLauncher

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

    private static let language = "C.UTF-8"
    private static let searchPath = "/usr/local/bin:/usr/bin:/bin"

    /// What is the same for every function.
    package struct Settings: Sendable {
        /// The daemon's root folder, absolute.
        package var root: String
        /// The folder that holds the runtimes' files.
        package var runtimeFolder: String
        /// The port of the legacy API on the loopback interface.
        package var port: Int
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

        /// Makes settings.
        package init(
            root: String,
            runtimeFolder: String,
            port: Int,
            thingName: String,
            region: String,
            rootCAPath: String,
            version: String,
            inherited: [String: String]
        ) {
            self.root = root
            self.runtimeFolder = runtimeFolder
            self.port = port
            self.thingName = thingName
            self.region = region
            self.rootCAPath = rootCAPath
            self.version = version
            self.inherited = inherited
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

    private let settings: Settings
    /// By the function's `Runtime`, for example `python3.9`.
    private let interpreters: [String: Interpreter]
    /// By what the component file says.
    private let accounts: [PosixUser?: FunctionAccount]

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

    /// What keeps the function apart from the rest of the machine, and what holds it to its memory, in words.
    package func isolation(of definition: LambdaComponent) -> String {
        "none: containers are not served"
    }

    /// Who the function's processes run as: `user:group`.
    package func user(of definition: LambdaComponent) -> String {
        accounts[definition.posixUser].map { "\($0.user):\($0.group)" } ?? "the daemon's own"
    }

    /// The plan to start one instance; a fast one is forked from a process that has imported the runtime.
    package func plan(
        for definition: LambdaComponent,
        instance: UInt64,
        token: String,
        isFast: Bool = true
    ) -> LaunchPlan {
        let interpreter =
            interpreters[definition.runtime] ?? Interpreter(executable: definition.runtime, runtimeFile: "")
        let arguments =
            [interpreter.runtimeFile, "--handler=\(definition.handler)"] + definition.parameters.execArguments
        let account = accounts[definition.posixUser]
        var environment = inherited(folder: definition.code.path)
        environment.merge(account?.environment ?? [:]) { $1 }
        environment.merge(definition.parameters.environmentVariables) { $1 }
        environment["PYTHONPATH"] = [environment["PYTHONPATH"], "\(settings.root)/python"].compactMap(\.self)
            .filter { !$0.isEmpty }.joined(separator: ":")
        environment.merge(legacy(of: definition, token: token)) { $1 }
        environment.merge(
            describing(definition, command: [definition.runtime] + arguments, instance: instance)
        ) { $1 }
        return LaunchPlan(
            name: "\(definition.name)",
            executable: interpreter.executable,
            arguments: arguments,
            environment: environment,
            workingDirectory: definition.code.path,
            user: account?.identity,
            forkServer: isFast && definition.isStartedFast ? forkServer(interpreter) : nil
        )
    }

    /// Where instances are forked: the runtime in an environment that belongs to no function.
    private func forkServer(_ interpreter: Interpreter) -> ForkServerPlan {
        ForkServerPlan(
            arguments: [interpreter.runtimeFile, "--fork-server="],
            // A home would add packages of its user. The language is that of functions.
            environment: [
                "PATH": settings.inherited["PATH"] ?? Self.searchPath, "HOME": "/nonexistent",
                "LANG": Self.language,
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
        var plan = plan(for: definition, instance: instance, token: token, isFast: false)
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
        var environment = settings.inherited.filter {
            ["HOME", "TZ", "USER", "LOGNAME", "TMPDIR"].contains($0.key)
        }
        environment["PATH"] = "\(folder):\(settings.inherited["PATH"] ?? Self.searchPath)"
        environment["PWD"] = folder
        environment["LANG"] = Self.language
        environment["LOG_LEVEL"] = "INFO"
        return environment
    }

    /// What the SDKs and the runtime read.
    private func legacy(of definition: LambdaComponent, token: String) -> [String: String] {
        var environment = [
            "MY_FUNCTION_ARN": definition.arn.description,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
            "GG_DAEMON_PORT": "\(settings.port)",
            "ENCODING_TYPE": definition.parameters.payloadEncoding.onDevice,
            "ROUTER_FUNCTION_ARN": BuiltInFunction.router,
            "SHADOW_FUNCTION_ARN": BuiltInFunction.shadow,
            "SECRETS_MANAGER_FUNCTION_ARN": BuiltInFunction.secretManager,
            "GGC_VERSION": settings.version,
            "GGC_MAX_INTERFACE_VERSION": Self.interfaceVersionMax,
            "AWS_IOT_THING_NAME": settings.thingName,
            "AWS_REGION": settings.region,
            "AWS_DEFAULT_REGION": settings.region,
            "GG_ROOT_CA_PATH": settings.rootCAPath,
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
        command: [String],
        instance: UInt64
    ) -> [String: String] {
        let prefix = "AWS_GREENGRASS_LAMBDA_"
        return [
            prefix + "ARN": definition.arn.description,
            prefix + "ARTIFACT_PATH": definition.code.path,
            // What runs, not what was asked for: there is no container.
            prefix + "CONTAINER_MODE": "NoContainer",
            prefix + "CONTAINER_PARAMS": json(ContainerDescription(definition.parameters.container)),
            prefix + "ENCODING_TYPE": definition.parameters.payloadEncoding.onDevice,
            prefix + "EXEC_ARGS": json(command),
            prefix + "FUNCTION_HANDLER": definition.handler.description,
            prefix + "LINUX_PROCESS_PARAMS": json(accounts[definition.posixUser]?.processParameters ?? [:]),
            prefix + "MESSAGE_PORT": "\(settings.port)",
            prefix + "PARAMS": json(["EnvironmentVariables": definition.parameters.environmentVariables]),
            prefix + "RUNTIME": definition.runtime,
            prefix + "RUNTIME_PATH": settings.runtimeFolder,
            prefix + "STATUS_TIMEOUT_SECONDS": "\(definition.parameters.statusTimeout.components.seconds)",
            prefix + "WORKER_ID": "\(instance)",
        ]
    }

    private func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
