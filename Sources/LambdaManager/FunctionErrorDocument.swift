internal import FoundationEssentials
internal import NIOCore

/// The JSON document that describes an Unhandled error to an invoker, in the shape and words of AWS Lambda.
struct FunctionErrorDocument: Codable {
    /// What the runtime answers when a payload is no JSON and the function wants JSON.
    fileprivate static let unmarshalErrorType = "Runtime.UnmarshalError"

    let errorMessage: String
    var errorType: String

    /// The instance was killed because its handler ran too long.
    private static func timedOut(invocationID: String, after seconds: Int) -> Self {
        Self(
            errorMessage: "RequestId: \(invocationID) Error: Task timed out after \(seconds).00 seconds",
            errorType: "Sandbox.Timedout"
        )
    }

    /// The instance ended in the middle of the invocation; `end` says how.
    static func exited(invocationID: String, end: String) -> Self {
        Self(
            errorMessage: "RequestId: \(invocationID) Error: Runtime exited with error: \(end)",
            errorType: "Runtime.ExitError"
        )
    }

    /// The instance ended for `cause` in the middle of the invocation.
    static func ended(_ cause: EndCause, invocationID: String) -> Self {
        switch cause {
        case .timedOut(let seconds):
            return timedOut(invocationID: invocationID, after: seconds)
        case .outOfMemory:
            var document = exited(invocationID: invocationID, end: cause.description)
            document.errorType = "Runtime.OutOfMemory"
            return document
        default:
            return exited(invocationID: invocationID, end: cause.description)
        }
    }

    /// The result can't be kept until it is fetched.
    static func tooLarge(invocationID: String, byteCount: Int) -> Self {
        Self(
            errorMessage: "RequestId: \(invocationID) Error: no room to keep a result of \(byteCount) bytes",
            errorType: "Function.ResponseSizeTooLarge"
        )
    }

    /// The result for the invoker.
    var result: InvocationResult {
        var payload = ByteBuffer()
        if let document = try? JSONEncoder().encode(self) {
            payload.writeBytes(document)
        }
        return InvocationResult(payload: payload, functionError: .unhandled)
    }
}

extension InvocationResult {
    /// Whether the runtime refused the payload, so that the handler never saw it.
    var isInvalidPayload: Bool {
        guard functionError == .handled else { return false }
        let document = try? JSONDecoder().decode(
            FunctionErrorDocument.self,
            from: Data(payload.readableBytesView)
        )
        return document?.errorType == FunctionErrorDocument.unmarshalErrorType
    }
}
