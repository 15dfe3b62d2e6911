import NIOCore
import NIOPosix

/// A TCP connection to the server that writes what it is told to, and reads responses as they stand on the
/// wire.
final class Connection {
    struct Response: Equatable {
        var statusLine: String
        /// The names in lower case.
        var headers: [String: String]
        var body: String

        var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    }

    struct Closed: Error {}

    private var incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ""

    private init(
        incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    static func open<Result>(port: Int, _ body: (Connection) async throws -> Result) async throws -> Result {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        return try await channel.executeThenClose { incoming, outgoing in
            try await body(Connection(incoming: incoming.makeAsyncIterator(), outgoing: outgoing))
        }
    }

    func send(_ text: String) async throws {
        try await outgoing.write(ByteBuffer(string: text))
    }

    func send(bytes: [UInt8]) async throws {
        try await outgoing.write(ByteBuffer(bytes: bytes))
    }

    func finish() {
        outgoing.finish()
    }

    /// Reads one response.
    func response() async throws -> Response {
        while true {
            if let head = received.firstRange(of: "\r\n\r\n") {
                let lines = received[..<head.lowerBound].split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let field = line.split(separator: ":", maxSplits: 1)
                    headers[field[0].lowercased()] =
                        field.count > 1 ? String(field[1].drop(while: { $0 == " " })) : ""
                }
                let length = Int(headers["content-length"] ?? "0") ?? 0
                let rest = received.utf8[head.upperBound...]
                if rest.count >= length {
                    let end = rest.index(rest.startIndex, offsetBy: length)
                    let body = String(decoding: rest[..<end], as: UTF8.self)
                    received = String(decoding: rest[end...], as: UTF8.self)
                    return Response(statusLine: String(lines[0]), headers: headers, body: body)
                }
            }
            guard let more = try await incoming.next(isolation: #isolation) else { throw Closed() }
            received += String(buffer: more)
        }
    }

    /// Reads until the server closes.
    func rest() async -> String {
        while let more = try? await incoming.next(isolation: #isolation) {
            received += String(buffer: more)
        }
        return received
    }
}
