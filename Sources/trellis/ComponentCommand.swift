import ArgumentParser
import ControlAPI
import FoundationEssentials
import LambdaManager
import NIOHTTP1

/// `trellis component`.
struct ComponentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "component",
        abstract: "Shows components, restarts and stops them.",
        subcommands: [
            ComponentListCommand.self, ComponentDetailsCommand.self, ComponentRestartCommand.self,
            ComponentStopCommand.self,
        ]
    )
}

/// `trellis component list`.
struct ComponentListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the components with their versions, states and effective configurations.",
        discussion: "Example: trellis component list --json"
    )

    @OptionGroup var options: RootOptions

    @Flag(name: .long, help: "Write JSON for programs.")
    var json = false

    func run() async throws {
        let reports = try await options.client().components()
        guard !json else { return try Output.json(reports) }
        Output.line("Components currently running in Greengrass:")
        for report in reports {
            try report.print()
        }
    }
}

/// `trellis component details`.
struct ComponentDetailsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "details",
        abstract: "Shows one component: its state, its processes, its last end and where its files are.",
        discussion: "Example: trellis component details -n hello-world"
    )

    @OptionGroup var options: RootOptions

    @Option(
        name: .shortAndLong,
        help: "The component's name.",
        completion: .shellCommand(RootOptions.componentNames)
    )
    var name: String

    @Flag(name: .long, help: "Write JSON for programs.")
    var json = false

    func run() async throws {
        let reports = try await options.client().components()
        guard let report = reports.first(where: { $0.name == name }) else {
            let names = reports.map(\.name).joined(separator: ", ")
            throw ControlError(
                message: "no component is called \(name); deployed: \(names.isEmpty ? "none" : names)"
            )
        }
        guard !json else { return try Output.json(report) }
        try report.print()
        if let arn = report.arn {
            Output.line("    Function: \(arn)")
        }
        if let command = report.command {
            Output.line("    Command: \(command.joined(separator: " ").printableRecord)")
        }
        let instances = report.instances.map { instance in
            let process = instance.pid.map { "pid \($0)" } ?? (instance.isExternal ? "your own process" : "")
            return "\(instance.number) \(instance.phase)\(process.isEmpty ? "" : " (\(process))")"
        }
        Output.line("    Instances: \(instances.isEmpty ? "none" : instances.joined(separator: ", "))")
        if report.arn != nil {
            Output.line("    Waiting: \(report.queue)")
        }
        report.printDetails()
        if let folder = report.codePath ?? report.workingDirectory {
            Output.line("    \(report.arn == nil ? "Working directory" : "Code"): \(folder)")
        }
        Output.line("    Log: \(report.log)")
    }
}

/// `trellis component restart`.
struct ComponentRestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Restarts components, also those that were stopped or are BROKEN.",
        discussion: """
            Example: trellis component restart -n hello-world

            The component's file and code are read again; a file with errors is refused, and the component \
            goes on as it was. Components that subscribed to updates are asked before. An invocation that is \
            being served is answered first; a second restart meanwhile does not wait for that. Work that \
            waits goes on waiting.
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var components: ComponentNames

    func run() async throws {
        try await components.post(ControlPath.restartComponents, options)
    }
}

/// `trellis component stop`.
struct ComponentStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stops components until they are restarted or the daemon is.",
        discussion: """
            Example: trellis component stop -n hello-world

            Returns when their processes have ended. An invocation that is being served is answered first; a \
            second stop meanwhile does not wait for that. Events that wait are kept for the restart; what \
            comes for a stopped function meanwhile is kept as dead letters.
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var components: ComponentNames

    func run() async throws {
        try await components.post(ControlPath.stopComponents, options)
    }
}

/// The option of the commands that take components.
struct ComponentNames: ParsableArguments {
    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("The components' names, with commas between.", valueName: "names"),
        completion: .shellCommand(RootOptions.componentNames)
    )
    var names: String

    func post(_ path: String, _ options: RootOptions) async throws {
        _ = try await options.client().call(.POST, path, parameters: ["names": names])
    }
}

extension ControlClient {
    fileprivate func components() async throws -> [ComponentReport] {
        try await call(.GET, ControlPath.components).decoded()
    }
}

extension ComponentReport {
    /// What `details` alone shows.
    fileprivate func printDetails() {
        if let end = lastEnd {
            Output.line("    Last end: instance \(end.instance): \(end.text.printableRecord), \(end.time)")
            for line in end.output {
                Output.line("        \(line.printableRecord)")
            }
        }
        if let counters {
            let counts = counters.named.map { "\($0.name) \($0.count)" }
            Output.line("    Counters: \(counts.joined(separator: ", "))")
        }
        if !metrics.isEmpty {
            let values = metrics.map { "\($0.name.printableRecord) \($0.value) \($0.unit)" }
            Output.line("    Metrics: \(values.joined(separator: ", "))")
        }
        Output.line("    Isolation: \(isolation)")
        Output.line("    User: \(user)")
        if arn != nil {
            Output.line("    Fast start: \(fastStart ? "yes" : "no")")
        }
        for dependency in dependencies {
            let requirement = dependency.versionRequirement.map { " \($0.printableRecord)" } ?? ""
            let state = dependency.state ?? "not deployed here"
            Output.line("    Depends on: \(dependency.name)\(requirement) (\(dependency.type)), \(state)")
        }
    }

    /// The lines of the originals' command line.
    fileprivate func print() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let configuration = try configuration.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        Output.line(
            """
            Component Name: \(name)
                Version: \(version)
                State: \(state)
                Configuration: \(configuration ?? configurationText?.printableRecord ?? "{}")
            """
        )
    }
}
