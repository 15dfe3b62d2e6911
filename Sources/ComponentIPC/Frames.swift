internal import EventStream
internal import NIOCore

/// The messages that are sent, as templates: what varies is the stream and the payload.
enum Frames {
    /// What every shape of the model is called with.
    static let modelPrefix = "aws.greengrass#"

    static let publishToTopicResponse = unaryResponse("PublishToTopicResponse")
    static let publishToIoTCoreResponse = unaryResponse("PublishToIoTCoreResponse")
    static let subscriptionEvent = event("SubscriptionResponseMessage")
    static let ioTCoreEvent = event("IoTCoreMessage")

    /// The only answer on a stream, which ends it.
    static func unaryResponse(_ shape: String) -> MessageTemplate {
        application(.applicationMessage, shape, .terminateStream)
    }

    /// The first answer on a stream that stays open, or an event on it.
    static func event(_ shape: String) -> MessageTemplate {
        application(.applicationMessage, shape, [])
    }

    /// An error, which ends its stream.
    static func error(_ shape: IPCError.Shape) -> MessageTemplate {
        application(.applicationError, shape.rawValue, .terminateStream)
    }

    private static func application(
        _ type: MessageType,
        _ shape: String,
        _ flags: MessageFlags
    ) -> MessageTemplate {
        MessageTemplate(
            varying: "\(HeaderName.streamID)",
            then: [
                ("\(HeaderName.type)", .int32(type.rawValue)),
                ("\(HeaderName.flags)", .int32(flags.rawValue)),
                ("\(HeaderName.contentType)", .string("application/json")),
                ("\(HeaderName.modelType)", .string(modelPrefix + shape)),
            ]
        )
    }

    /// A message of the connection itself.
    ///
    /// - Parameters:
    ///   - type: What it is for.
    ///   - flags: Its flags.
    ///   - headers: Further headers.
    /// - Returns: A template; its stream is 0.
    static func connection(
        _ type: MessageType,
        flags: MessageFlags = [],
        headers: [(name: String, value: HeaderValue)] = []
    ) -> MessageTemplate {
        MessageTemplate(
            varying: "\(HeaderName.streamID)",
            then: [
                ("\(HeaderName.type)", .int32(type.rawValue)),
                ("\(HeaderName.flags)", .int32(flags.rawValue)),
            ] + headers
        )
    }
}
