internal import NIOCore

/// An operation's answer when it can't be done: one of the errors of the service's model, which every SDK
/// knows.
struct IPCError: Error {
    /// The shapes of the model that are answered here.
    enum Shape: String {
        case unauthorized = "UnauthorizedError"
        case invalidArguments = "InvalidArgumentsError"
        case service = "ServiceError"
        case resourceNotFound = "ResourceNotFoundError"
        case failedUpdateConditionCheck = "FailedUpdateConditionCheckError"
        case invalidToken = "InvalidTokenError"
        case componentNotFound = "ComponentNotFoundError"
    }

    let shape: Shape
    let message: String
    /// What ResourceNotFoundError says besides.
    let resource: (type: String, name: String)?

    init(_ shape: Shape, _ message: String, resource: (type: String, name: String)? = nil) {
        self.shape = shape
        self.message = message
        self.resource = resource
    }

    static func invalidArguments(_ message: String) -> IPCError { IPCError(.invalidArguments, message) }

    static func service(_ message: String) -> IPCError { IPCError(.service, message) }

    static func unauthorized(_ message: String) -> IPCError { IPCError(.unauthorized, message) }

    /// The JSON object of the error.
    ///
    /// The Python SDK reads `message`; older readers, and the command line of the originals, the others.
    var payload: ByteBuffer {
        var payload = ByteBuffer()
        payload.writeJSONObject { object in
            object.write("message", message)
            if let resource {
                object.write("resourceType", resource.type)
                object.write("resourceName", resource.name)
            }
            object.write("_message", message)
            object.write("_errorCode", shape.rawValue)
            object.write("_service", "aws.greengrass#GreengrassCoreIPC")
        }
        return payload
    }
}
