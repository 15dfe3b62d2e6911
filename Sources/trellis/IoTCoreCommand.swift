import ArgumentParser
import ControlAPI
import FoundationEssentials
import NIOCore
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
        var lines = LineBuffer()
        try await options.client().stream(.GET, ControlPath.subscribeToCloud, parameters: ["topic": topic]) {
            part in
            guard case .body(let buffer) = part else { return }
            for line in lines.append(buffer) {
                try self.show(JSONDecoder().decode(StreamedMessage.self, from: Data(line)))
            }
        }
        throw ControlError(message: "the daemon ended the subscription")
    }

    private func show(_ message: StreamedMessage) throws {
        switch message {
        case .subscribed(let isConnected):
            Output.error(
                isConnected
                    ? "Successfully subscribed to topic: \(topic)"
                    : "the link to the cloud is down; messages come once it is up"
            )
        case .dropped(let count):
            Output.error("\(count) messages came too fast and were not shown")
        case .message(let topic, let payload):
            let bytes = Data(base64Encoded: payload) ?? Data()
            if json {
                try Output.json(["topic": topic, "payload": String(decoding: bytes, as: UTF8.self)])
            } else {
                Output.line(String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}

/// What is given as a message on the command line.
enum Payload {
    /// A payload that is read from a file may have so many bytes: what the daemon takes, 6 MiB.
    private static let fileBytesMax = 6 * 1024 * 1024

    /// The bytes of the file that `text` names, or of the text itself.
    static func bytes(of text: String) throws -> ByteBuffer {
        guard FileManager.default.fileExists(atPath: text) else { return ByteBuffer(string: text) }
        let data = try Data(contentsOf: URL(filePath: text))
        guard data.count <= fileBytesMax else {
            throw ControlError(message: "\(text) has \(data.count) bytes; at most \(fileBytesMax) are taken")
        }
        return ByteBuffer(bytes: data)
    }
}

/// Cuts a stream into lines.
struct LineBuffer {
    private var pending: [UInt8] = []

    /// Takes what came and returns the lines it completes.
    mutating func append(_ buffer: ByteBuffer) -> [ArraySlice<UInt8>] {
        pending += buffer.readableBytesView
        var lines = pending.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        pending = Array(lines.removeLast())
        return lines
    }
}
