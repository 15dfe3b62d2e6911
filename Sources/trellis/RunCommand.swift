import ArgumentParser
import Logging
import TrellisDaemon

/// `trellis run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Starts the daemon: the broker, the functions, the link to the cloud. Ctrl-C ends it.",
        discussion: """
            Example: trellis run --config trellis.json

            Shows progress while it starts, then the traffic: one line a message, at most ten a second.
            """
    )

    @OptionGroup var options: RootOptions

    @Option(
        name: .long,
        help: ArgumentHelp("The configuration; by default ./trellis.json if it exists.", valueName: "file")
    )
    var config: String?

    @Flag(name: .long, help: "Do not show the traffic.")
    var quiet = false

    @Option(
        name: .long,
        help:
            "The least severe messages that are shown: trace, debug, info, notice, warning, error."
    )
    var logLevel: String = "notice"

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError(
                "--log-level is one of trace, debug, info, notice, warning, error; not '\(logLevel)'"
            )
        }
    }

    func run() async throws {
        let level = Logger.Level(rawValue: logLevel) ?? .notice
        let output = BackgroundOutput()
        LoggingSystem.bootstrap { _ in ConsoleLogHandler(output: output, logLevel: level) }
        let daemon = Daemon(
            configurationPath: config,
            root: options.root,
            observer: quiet ? nil : TrafficPrinter(output: output),
            logger: Logger(label: "trellis"),
            progress: { output.line($0) }
        )
        let outcome = await Result { try await daemon.run() }
        await output.flush()
        try outcome.get()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
