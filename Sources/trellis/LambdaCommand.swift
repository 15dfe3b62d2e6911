import ArgumentParser
import ControlAPI
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1

/// `trellis lambda`.
struct LambdaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lambda",
        abstract: "Works with deployed functions.",
        subcommands: [LambdaInvokeCommand.self, LambdaEnvCommand.self]
    )
}

/// `trellis lambda invoke`.
struct LambdaInvokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Invokes a function and prints what it returns; exits 1 when the function failed.",
        discussion: "Example: trellis lambda invoke -n hello-world -p '{\"name\": \"you\"}'"
    )

    @OptionGroup var options: RootOptions

    @Option(
        name: .shortAndLong,
        help: "The component's name, or the function's ARN.",
        completion: .shellCommand(RootOptions.componentNames)
    )
    var name: String

    @Option(name: .shortAndLong, help: "The payload: a text, or the path of a file whose bytes are sent.")
    var payload: String = "{}"

    @Option(name: .long, help: "The client context, a JSON object.")
    var clientContext: String?

    @Flag(name: .long, help: "Write StatusCode, FunctionError, ExecutedVersion and Payload as JSON.")
    var json = false

    private struct Report: Encodable {
        enum CodingKeys: String, CodingKey {
            case statusCode = "StatusCode"
            case functionError = "FunctionError"
            case executedVersion = "ExecutedVersion"
            case payload = "Payload"
        }

        let statusCode = 200
        let functionError: String?
        let executedVersion: String?
        let payload: JSONText
    }

    func run() async throws {
        var headers = HTTPHeaders()
        if let clientContext {
            headers.add(
                name: ControlPath.clientContextHeader,
                value: Data(clientContext.utf8).base64EncodedString()
            )
        }
        let answer = try await options.client().call(
            .POST,
            ControlPath.invoke,
            parameters: ["function": name],
            headers: headers,
            body: try Payload.bytes(of: payload)
        )
        let functionError = answer.headers.first(name: ControlPath.functionErrorHeader)
        if json {
            try Output.json(
                Report(
                    functionError: functionError,
                    executedVersion: answer.headers.first(name: ControlPath.executedVersionHeader),
                    payload: JSONText(bytes: Data(answer.body.readableBytesView))
                )
            )
        } else {
            // To the byte, for who reads from a pipe; a terminal gets its next line.
            Output.foreign(answer.body.readableBytesView)
            if isatty(STDOUT_FILENO) == 1
                || String(validating: answer.body.readableBytesView, as: UTF8.self) != nil
            {
                Output.line("")
            }
        }
        if let functionError {
            Output.error("the function failed: \(functionError)")
            throw ExitCode.failure
        }
    }
}
