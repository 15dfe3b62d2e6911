import ControlAPI
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Prints the messages of a subscription as they come: what `iotcore sub` and `pubsub sub` do.
struct MessagePrinter {
    let topic: String
    let json: Bool

    /// Subscribes, and prints until the daemon ends the subscription.
    func run(_ client: ControlClient, path: String) async throws {
        var lines = LineBuffer()
        try await client.stream(.GET, path, parameters: ["topic": topic]) { part in
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
        case .message(let topic, let payload, let hops, let properties):
            let bytes = Data(base64Encoded: payload) ?? Data()
            if json {
                try Output.json(ShownMessage(topic: topic, payload: bytes, hops: hops, properties))
            } else {
                Output.foreign(bytes + [UInt8(ascii: "\n")])
            }
        }
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
