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
        Output.line("    Function: \(report.arn)")
        let instances = report.instances.map { instance in
            let process = instance.pid.map { "pid \($0)" } ?? (instance.isExternal ? "your own process" : "")
            return "\(instance.number) \(instance.phase)\(process.isEmpty ? "" : " (\(process))")"
        }
        Output.line("    Instances: \(instances.isEmpty ? "none" : instances.joined(separator: ", "))")
        Output.line("    Waiting: \(report.queue)")
        if let end = report.lastEnd {
            Output.line("    Last end: \(end.printableRecord)")
        }
        Output.line("    Code: \(report.codePath)")
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

            Work that waits goes on waiting. An event that is being served is served again; who waits for a \
            result gets an Unhandled error. The component's file is not read again.
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

            Returns when their processes have ended. Events that wait are kept for the restart; what comes \
            for a stopped function meanwhile is kept as dead letters.
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
    /// The lines of the originals' command line.
    fileprivate func print() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let configuration = String(decoding: try encoder.encode(configuration), as: UTF8.self)
        Output.line(
            """
            Component Name: \(name)
                Version: \(version)
                State: \(state)
                Configuration: \(configuration)
            """
        )
    }
}
