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
