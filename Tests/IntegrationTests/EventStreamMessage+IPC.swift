import EventStream
import TestSupport

extension EventStreamMessage {
    // MARK: What clients send

    /// The three headers that every message has.
    static func rpcHeaders(
        type: Int32,
        flags: Int32 = 0,
        streamID: Int32 = 0
    ) -> [(name: String, value: HeaderValue)] {
        [
            (":message-type", .int32(type)), (":message-flags", .int32(flags)),
            (":stream-id", .int32(streamID)),
        ]
    }

    static func connect(token: String, version: String? = "0.1.0") -> EventStreamMessage {
        connect(payload: #"{"authToken": "\#(token)"}"#, version: version)
    }

    static func connect(payload: String, version: String? = "0.1.0") -> EventStreamMessage {
        EventStreamMessage(
            headers: (version.map { [(":version", .string($0))] } ?? []) + rpcHeaders(type: 4),
            payload: Array(payload.utf8)
        )
    }

    static func ping(payload: [UInt8] = []) -> EventStreamMessage {
        EventStreamMessage(headers: rpcHeaders(type: 2), payload: payload)
    }

    /// The first message of a stream.
    static func request(_ operation: String, _ payload: String, streamID: Int32) -> EventStreamMessage {
        let text: [(name: String, value: HeaderValue)] = [
            (":content-type", .string("application/json")),
            ("service-model-type", .string("aws.greengrass#\(operation)Request")),
        ]
        return EventStreamMessage(
            headers: text + rpcHeaders(type: 0, streamID: streamID)
                + [("operation", .string("aws.greengrass#\(operation)"))],
            payload: Array(payload.utf8)
        )
    }

    static func publish(_ topic: String, streamID: Int32) -> EventStreamMessage {
        request(
            "PublishToTopic",
            #"{"topic": "\#(topic)", "publishMessage": {"jsonMessage": {"message": {}}}}"#,
            streamID: streamID
        )
    }

    static func subscribe(_ filter: String, streamID: Int32) -> EventStreamMessage {
        request(
            "SubscribeToTopic",
            #"{"topic": "\#(filter)", "receiveMode": "RECEIVE_ALL_MESSAGES"}"#,
            streamID: streamID
        )
    }

    /// The end of a stream.
    static func terminate(_ streamID: Int32) -> EventStreamMessage {
        EventStreamMessage(headers: rpcHeaders(type: 0, flags: 2, streamID: streamID))
    }

    // MARK: What the daemon answers

    var type: Int32? { int32(":message-type") }
    var flags: Int32? { int32(":message-flags") }
    var streamID: Int32? { int32(":stream-id") }
    var modelType: String? { string("service-model-type") }
    var text: String { String(decoding: payload, as: UTF8.self) }

    /// Whether it is the only answer to a request, without an error.
    func isResponse(to operation: String, on streamID: Int32) -> Bool {
        type == 0 && flags == 2 && self.streamID == streamID
            && modelType == "aws.greengrass#\(operation)Response"
            && string(":content-type") == "application/json"
    }

    /// Whether it is an error of this shape, which ends its stream.
    func isError(_ shape: String, on streamID: Int32) -> Bool {
        type == 1 && flags == 2 && self.streamID == streamID && modelType == "aws.greengrass#\(shape)"
            && string(":content-type") == "application/json" && text.contains(#""message":""#)
    }

    private func int32(_ name: String) -> Int32? {
        for case (name, .int32(let value)) in headers {
            return value
        }
        return nil
    }

    private func string(_ name: String) -> String? {
        for case (name, .string(let value)) in headers {
            return value
        }
        return nil
    }
}
