import ArgumentParser
import Glibc
import TrellisDaemon

/// The command line.
@main
struct Trellis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trellis",
        abstract: "Runs AWS IoT Greengrass Lambda functions without Greengrass.",
        discussion: """
            Start the broker, its functions and an embedded cloud with 'trellis run'; every other command \
            talks to the daemon that runs on the same root folder.
            """,
        version: Daemon.version,
        subcommands: [
            RunCommand.self, CheckCommand.self, ExplainCommand.self, StatusCommand.self, PubSubCommand.self,
            IoTCoreCommand.self,
            ComponentCommand.self, LambdaCommand.self, LogsCommand.self, DeadLetterCommand.self,
            SpoolCommand.self, MigrateCommand.self,
        ]
    )

    /// A reader that goes away (`trellis … | head -1`) must not kill the daemon with it.
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        await main(nil)
    }
}

/// The options that every command takes to find its daemon.
struct RootOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The root folder of the daemon.",
            discussion: "By default the one that ./trellis.json names, else ./.trellis.",
            valueName: "folder"
        )
    )
    var root: String?

    /// The shell command that lists what a component's name is completed to.
    static let componentNames =
        #"trellis status --json 2>/dev/null | sed -n 's/^ *"name" : "\(.*\)",$/\1/p'"#

    /// The root folder, absolute.
    func folder() throws -> String {
        try Daemon.rootFolder(option: root)
    }

    /// A client of the daemon's control socket.
    func client() throws -> ControlClient {
        ControlClient(root: try folder())
    }
}
