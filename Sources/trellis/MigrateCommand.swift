import ArgumentParser
import GreengrassModel
import TrellisDaemon

/// `trellis migrate`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Writes what functions need when they are rewritten for the Device SDK v2.",
        subcommands: [Authorization.self]
    )

    /// `trellis migrate authorization`.
    struct Authorization: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "authorization",
            abstract: "Maps the rows of subscriptions.json to policies and event sources.",
            discussion: """
                Example: trellis migrate authorization --component com.example.Sensor

                Reads ./trellis.json with every file that it names, and changes nothing. Writes JSON: \
                accessControl, for trellis.json or a recipe; eventSources, for the files of functions that \
                stay functions; mqttTopicMapping, for rows from the cloud to the local bus; and notes on \
                what can't be expressed or behaves differently.
                """
        )

        @Option(
            name: .shortAndLong,
            help: "The one component to look at.",
            completion: .shellCommand(RootOptions.componentNames)
        )
        var component: String?

        @Option(
            name: .long,
            help: ArgumentHelp("The configuration to read; by default ./trellis.json.", valueName: "file")
        )
        var config: String?

        func run() async throws {
            let deployment = try Deployment.load(
                configurationPath: config,
                archiveProblem: PackageDeployer.problem(of:)
            )
            let name = deployment.components.map(\.name).first { $0.description == component }
            if let component, name == nil {
                let known = deployment.components.map(\.name.description).joined(separator: ", ")
                throw ValidationError("no function's component is called \(component); there are: \(known)")
            }
            try Output.json(AuthorizationMigration.of(deployment, component: name))
        }
    }
}
