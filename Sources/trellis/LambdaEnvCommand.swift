import ArgumentParser
import ControlAPI
import NIOHTTP1

/// `trellis lambda env`.
struct LambdaEnvCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Lets a process of your own serve a function, under a debugger for example.",
        discussion: """
            Example: trellis lambda env -n hello-world -- python3 -m pdb -m lambda_runtime
                     eval "$(trellis lambda env -n hello-world)"

            With a command: runs it in the function's folder, with the function's environment. Without one: \
            prints the environment as export lines, or with --json as an object.

            The token in it is valid for an hour. Until then, or until the command has ended, the daemon's \
            own instances of the function are stopped, all its work goes to your process, and time-outs do \
            not apply. 'trellis component restart' ends that early. The module lambda_runtime is the runtime \
            itself: it imports the handler and serves.
            """
    )

    @OptionGroup var options: RootOptions

    @Option(
        name: .shortAndLong,
        help: "The component's name, or the function's ARN.",
        completion: .shellCommand(RootOptions.componentNames)
    )
    var name: String

    @Flag(name: .long, help: "Write the environment as a JSON object.")
    var json = false

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("The command to run, after '--'.", valueName: "command")
    )
    var command: [String] = []

    func run() async throws {
        let client = try options.client()
        let answer = try await client.call(.POST, ControlPath.attach, parameters: ["function": name])
        let function = try answer.decoded(as: AttachedFunction.self)
        guard command.isEmpty else {
            let status = ForegroundProgram.run(
                command,
                environment: function.environment,
                folder: function.workingDirectory
            )
            _ = try await client.call(
                .POST,
                ControlPath.detach,
                parameters: ["function": name, "instance": "\(function.instance)"]
            )
            throw ExitCode(status)
        }
        guard !json else { return try Output.json(function.environment) }
        for (name, value) in function.environment.sorted(by: { $0.key < $1.key }) {
            Output.line("export \(name)=\(Self.quoted(value))")
        }
    }

    /// The text as one word of a POSIX shell.
    private static func quoted(_ text: String) -> String {
        let parts = text.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.joined(separator: #"'\''"#) + "'"
    }
}
