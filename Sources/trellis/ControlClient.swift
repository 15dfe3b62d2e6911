import ArgumentParser
import ControlAPI
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import TrellisDaemon

/// No daemon answers on a root.
struct NoDaemonError: Error, CustomStringConvertible {
    let root: String
    let cause: any Error

    var description: String {
        let reason = (cause as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(cause)"
        return "no daemon answers on \(root) (\(reason)): start one with 'trellis run --root \(root)'"
    }
}

/// A client of a daemon's control socket; one connection for each call.
struct ControlClient {
    private typealias RequestPart = HTTPPart<HTTPRequestHead, ByteBuffer>
    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, RequestPart>

    /// Lets requests be written in parts that may cross threads, which NIO's own may not: they can hold
    /// files.
    private final class PartConverter: ChannelOutboundHandler {
        typealias OutboundIn = RequestPart
        typealias OutboundOut = HTTPClientRequestPart

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let part: HTTPClientRequestPart =
                switch unwrapOutboundIn(data) {
                case .head(let head): .head(head)
                case .body(let buffer): .body(.byteBuffer(buffer))
                case .end(let trailers): .end(trailers)
                }
            context.write(wrapOutboundOut(part), promise: promise)
        }
    }

    /// An answer whose body is whole.
    struct Answer {
        let headers: HTTPHeaders
        let body: ByteBuffer

        /// The value that the body is the JSON of.
        func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        }
    }

    let root: String

    /// Calls, and collects the answer.
    ///
    /// - Throws: `ControlError` with the daemon's own words when the answer is an error, or when there is no
    ///   daemon.
    func call(
        _ method: HTTPMethod,
        _ path: String,
        parameters: [String: String] = [:],
        headers: HTTPHeaders = [:],
        body: ByteBuffer = ByteBuffer()
    ) async throws -> Answer {
        var collected = ByteBuffer()
        var answerHeaders = HTTPHeaders()
        try await stream(method, path, parameters: parameters, headers: headers, body: body) { part in
            switch part {
            case .head(let head): answerHeaders = head.headers
            case .body(var buffer): collected.writeBuffer(&buffer)
            case .end: break
            }
        }
        return Answer(headers: answerHeaders, body: collected)
    }

    /// Calls, and hands each part of the answer on as it comes.
    func stream(
        _ method: HTTPMethod,
        _ path: String,
        parameters: [String: String] = [:],
        headers: HTTPHeaders = [:],
        body: ByteBuffer = ByteBuffer(),
        onPart: (HTTPClientResponsePart) throws -> Void
    ) async throws {
        let query = parameters.map { "\(Self.percentEncoded($0.key))=\(Self.percentEncoded($0.value))" }
        var head = HTTPRequestHead(
            version: .http1_1,
            method: method,
            uri: query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))",
            headers: headers
        )
        head.headers.add(name: "Host", value: "localhost")
        head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        let connection = try await connect()
        try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head))
            try await outbound.write(.body(body))
            try await outbound.write(.end(nil))
            var failure: ByteBuffer?
            var isWhole = false
            for try await part in inbound {
                if case .head(let head) = part, head.status.code >= 400 {
                    failure = ByteBuffer()
                }
                if failure == nil {
                    try onPart(part)
                } else if case .body(var buffer) = part {
                    failure?.writeBuffer(&buffer)
                }
                if case .end = part {
                    isWhole = true
                    break
                }
            }
            guard isWhole else { throw ControlError(message: "the daemon ended before it had answered") }
            if let failure {
                throw Self.error(in: failure)
            }
        }
    }

    private func connect() async throws -> Connection {
        let socket = try ControlSocket(root: root)
        defer { withExtendedLifetime(socket) {} }
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: socket.path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(PartConverter())
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw NoDaemonError(root: root, cause: error)
        }
    }

    private static func error(in body: ByteBuffer) -> ControlError {
        (try? JSONDecoder().decode(ControlError.self, from: Data(body.readableBytesView)))
            ?? ControlError(message: String(buffer: body))
    }

    /// Everything but RFC 3986's unreserved characters, so that no topic can be taken for a part of the
    /// query.
    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
