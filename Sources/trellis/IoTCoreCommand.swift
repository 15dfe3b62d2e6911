import ArgumentParser
import ControlAPI
import NIOHTTP1

/// `trellis iotcore`.
struct IoTCoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iotcore",
        abstract: "Publishes to the cloud and listens to it, through the daemon's own connection.",
        subcommands: [IoTCorePublishCommand.self, IoTCoreSubscribeCommand.self]
    )
}

/// `trellis iotcore pub`.
struct IoTCorePublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pub",
        abstract: "Publishes a message to the cloud.",
        discussion: "Example: trellis iotcore pub -t hello/world -m '{\"message\": \"hello\"}'"
    )

    @OptionGroup var options: RootOptions

    @Option(name: .shortAndLong, help: "The topic.")
    var topic: String

    @Option(name: .shortAndLong, help: "The message: a text, or the path of a file whose bytes are sent.")
    var message: String

    @Option(name: .shortAndLong, help: "The quality of service, 0 or 1.")
    var qos: Int = 0

    func run() async throws {
        _ = try await options.client().call(
            .POST,
            ControlPath.publishToCloud,
            parameters: ["topic": topic, "qos": "\(qos)"],
            body: try Payload.bytes(of: message)
        )
    }
}

/// `trellis iotcore sub`.
struct IoTCoreSubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sub",
        abstract: "Prints what the cloud sends, one payload a line, until it is ended.",
        discussion: "Example: trellis iotcore sub -t 'hello/#'"
    )

    @OptionGroup var options: RootOptions

    @Option(name: .shortAndLong, help: "The topic filter; '+' and '#' are wildcards.")
    var topic: String

    @Option(
        name: .shortAndLong,
        help: "The quality of service, 0 or 1; the daemon subscribes with 1 in any case."
    )
    var qos: Int = 0

    @Flag(name: .long, help: "Write one JSON object a message, with its topic.")
    var json = false

    func run() async throws {
        try await MessagePrinter(topic: topic, json: json)
            .run(options.client(), path: ControlPath.subscribeToCloud)
    }
}
