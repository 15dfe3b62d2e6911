internal import NIOCore
internal import NIOHTTP1

/// The answer to one request.
struct Reply: Sendable {
    var status: HTTPResponseStatus
    var headers = HTTPHeaders()
    var body = ByteBuffer()
    /// Called when the answer could not be written whole.
    var onLoss: (@Sendable () -> Void)?

    init(_ status: HTTPResponseStatus, headers: HTTPHeaders = HTTPHeaders(), body: ByteBuffer = ByteBuffer())
    {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Errors are plain texts without a line end.
    init(_ refusal: Refusal) {
        self.init(
            refusal.status,
            headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: ByteBuffer(string: refusal.text)
        )
    }
}

extension Reply {
    /// Room for the fields of any reply but those of an error, whose text is long anyway.
    private static let headBytes = 512

    /// The head as it goes over the wire; there is room behind it.
    func head(isLast: Bool, allocator: ByteBufferAllocator) -> ByteBuffer {
        var bytes = allocator.buffer(capacity: Self.headBytes)
        bytes.writeStaticString("HTTP/1.1 ")
        bytes.writeString(String(status.code))
        bytes.writeStaticString(" ")
        bytes.writeString(status.reasonPhrase)
        for (name, value) in headers {
            bytes.writeStaticString("\r\n")
            bytes.writeString(name)
            bytes.writeStaticString(": ")
            bytes.writeString(value)
        }
        bytes.writeStaticString("\r\nContent-Length: ")
        bytes.writeString(String(body.readableBytes))
        bytes.writeStaticString(isLast ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
        return bytes
    }
}
