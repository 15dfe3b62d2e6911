import ArgumentParser
import ControlAPI
import NIOHTTP1

/// `trellis pubsub`.
struct PubSubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pubsub",
        abstract: "Publishes on the local bus and listens to it.",
        discussion: """
            On the local bus are event sources of type PUB_SUB, and what subscriptions with the target \
            pubsub send there.
            """,
        subcommands: [PubSubPublishCommand.self, PubSubSubscribeCommand.self]
    )
}

/// `trellis pubsub pub`.
struct PubSubPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pub",
        abstract: "Publishes a message on the local bus; nobody listening is a success.",
        discussion: "Example: trellis pubsub pub -t room/1 -m '{\"celsius\": 21}'"
    )

    @OptionGroup var options: RootOptions

    @Option(name: .shortAndLong, help: "The topic.")
    var topic: String

    @Option(name: .shortAndLong, help: "The message: a text, or the path of a file whose bytes are sent.")
    var message: String

    func run() async throws {
        _ = try await options.client().call(
            .POST,
            ControlPath.publishLocally,
            parameters: ["topic": topic],
            body: try Payload.bytes(of: message)
        )
    }
}

/// `trellis pubsub sub`.
struct PubSubSubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sub",
        abstract: "Prints what is published on the local bus, one payload a line, until it is ended.",
        discussion: "Example: trellis pubsub sub -t 'room/+'"
    )

    @OptionGroup var options: RootOptions

    @Option(name: .shortAndLong, help: "The topic filter; '+' and '#' are wildcards.")
    var topic: String

    @Flag(name: .long, help: "Write one JSON object a message, with its topic.")
    var json = false

    func run() async throws {
        try await MessagePrinter(topic: topic, json: json)
            .run(options.client(), path: ControlPath.subscribeLocally)
    }
}
