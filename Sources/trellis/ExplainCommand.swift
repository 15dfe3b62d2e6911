import ArgumentParser
import ControlAPI
import GreengrassModel
import NIOHTTP1
import TrellisDaemon

/// `trellis explain`.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Shows what becomes of a message, which rows match, and why the nearest ones do not.",
        discussion: """
            Example: trellis explain --source hello-world --topic hello/world
                     trellis explain --source cloud --topic room/1 --offline

            Asks the running daemon, which knows its table, the state of every function and the link to the \
            cloud; with --offline, or when no daemon runs, reads the files instead. Nothing is published. \
            Exits with 0 when every target would take the message (or nobody listens on a bus where that is \
            a success), else with 1.
            """
    )

    @OptionGroup var options: RootOptions

    @Option(
        name: .shortAndLong,
        help: "Who publishes: a component, a function's name or ARN, cloud, or pubsub for the local bus.",
        completion: .shellCommand(RootOptions.componentNames)
    )
    var source: String

    @Option(name: .shortAndLong, help: "The topic it is published on.")
    var topic: String

    @Flag(name: .long, help: "Read the files, and do not ask a daemon.")
    var offline = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration to read, offline; by default ./trellis.json.",
            valueName: "file"
        )
    )
    var config: String?

    @Flag(name: .long, help: "Write JSON for programs.")
    var json = false

    func run() async throws {
        let explanation = try await explain()
        if json {
            try Output.json(explanation)
        } else {
            Output.line(explanation.description)
        }
        guard [.delivered, .nobodyListens].contains(explanation.outcome) else { throw ExitCode.failure }
    }

    private func explain() async throws -> Explanation {
        if !offline, config == nil {
            let client = try options.client()
            do {
                return try await client.call(
                    .GET,
                    ControlPath.explain,
                    parameters: ["source": source, "topic": topic]
                ).decoded()
            } catch let error as NoDaemonError {
                Output.error("no daemon runs on \(error.root); the files are read instead")
            }
        }
        let deployment = try Deployment.load(configurationPath: config, root: options.root)
        return try Explanation.of(source: source, topic: topic, deployment: deployment)
    }
}
