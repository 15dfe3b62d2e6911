internal import LambdaManager
internal import NIOHTTP1

/// Why a request is not served: a status, and the text of the body.
struct Refusal: Error, Equatable {
    let status: HTTPResponseStatus
    let text: String

    init(_ status: HTTPResponseStatus, _ text: String) {
        self.status = status
        self.text = text
    }

    /// The status of each of the manager's errors.
    init(_ error: CallError) {
        let status: HTTPResponseStatus =
            switch error {
            case .noSuchFunction, .noSuchInvocation: .notFound
            case .queueFull: .tooManyRequests
            case .forbidden: .forbidden
            }
        self.init(status, error.description)
    }

    /// What a promised answer failed with.
    init(_ error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case let error as CallError: self.init(error)
        default: self.init(.internalServerError, "The request failed: \(error)")
        }
    }

    /// What the parser found wrong.
    ///
    /// - Returns: `nil` for an error that is not the parser's: the connection itself is broken.
    init?(parsing error: any Error, limits: LambdaIPCLimits) {
        switch error {
        case HTTPParserError.headerOverflow:
            self.init(
                .requestHeaderFieldsTooLarge,
                """
                The headers are too large: at most \(limits.headBytesMax) bytes in at most \
                \(limits.headFieldCountMax) fields are read. A topic stands in them: publish to a shorter one.
                """
            )
        case HTTPParserError.paused:
            self.init(.badRequest, "HTTP/2 is not served here, only HTTP/1.1.")
        case HTTPParserError.unknown:
            // What the parser has no word for: mostly a body whose end can't be told.
            self.init(
                .badRequest,
                """
                This is not HTTP/1.1: lines end with CR LF, and a body has either a Content-Length or the \
                Transfer-Encoding chunked.
                """
            )
        case let error as HTTPParserError:
            self.init(.badRequest, "This is not HTTP/1.1: \(error)")
        default:
            return nil
        }
    }

    static func tooManyBodies(_ limits: LambdaIPCLimits) -> Refusal {
        Refusal(
            .serviceUnavailable,
            """
            Too much is being sent: at most \(limits.allBodiesBytesMax) bytes of bodies are under way. \
            Try again later.
            """
        )
    }

    static func bodyTooLarge(_ limits: LambdaIPCLimits) -> Refusal {
        Refusal(.payloadTooLarge, "The body is too large: at most \(limits.bodyBytesMax) bytes are taken.")
    }
}
