import CMosquitto
import Glibc
import TopicRouter

/// The library demands a positive number here and otherwise ignores it.
private let unusedPacketsMax: CInt = 1

/// The QoS asked for in every SUBSCRIBE.
private let subscriptionQoS: CInt = 1

/// One connection of libmosquitto: the only code that holds its pointer.
///
/// Confined to one thread. It does no waiting of its own: the owner polls `socket` and calls `read`, `write`
/// and `keepAlive`. The library is told that it is driven from outside (`mosquitto_threaded_set`), for then
/// it writes nothing outside `write`: a PUBACK that `read` has queued leaves only when the owner lets it.
///
/// One instance serves one connection. A new connection gets a new instance, so the library has nothing left
/// over to send again by itself.
final class MosquittoClient {
    private static let isLibraryReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue

    private let handle: OpaquePointer
    fileprivate unowned let delegate: any MosquittoClientDelegate

    /// Makes a client that keeps its session on the broker (clean session false) and speaks MQTT 3.1.1.
    ///
    /// - Throws: `MosquittoError` when the id is no UTF-8 that MQTT allows, or there is no memory.
    init(id: String, inFlightMax: Int, delegate: any MosquittoClientDelegate) throws {
        guard Self.isLibraryReady, let handle = mosquitto_new(id, false, nil) else {
            throw MosquittoError(code: errno == EINVAL ? MOSQ_ERR_INVAL.rawValue : MOSQ_ERR_NOMEM.rawValue)
        }
        self.handle = handle
        self.delegate = delegate
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_threaded_set(handle, true)
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311)
        mosquitto_max_inflight_messages_set(handle, UInt32(clamping: inFlightMax))
        self.setCallbacks()
    }

    deinit {
        mosquitto_destroy(self.handle)
    }

    /// Whether the library would put `filter` into a SUBSCRIBE; MQTT lets it refuse control characters.
    static func accepts(_ filter: TopicFilter) -> Bool {
        let text = filter.description
        return mosquitto_sub_topic_check(text) == MOSQ_ERR_SUCCESS.rawValue
            && mosquitto_validate_utf8(text, CInt(clamping: text.utf8.count)) == MOSQ_ERR_SUCCESS.rawValue
    }

    /// The socket to poll, or nil without a connection.
    var socket: CInt? {
        let socket = mosquitto_socket(self.handle)
        return socket >= 0 ? socket : nil
    }

    /// Whether something is queued, and `write` is to be called when the socket is writable.
    var wantsWrite: Bool { mosquitto_want_write(self.handle) }

    /// Starts to connect.
    ///
    /// The name look-up blocks; the rest of the way is gone by `write` and `read`.
    ///
    /// - Throws: `MosquittoError`, for example when the name is unknown.
    func connect(host: String, port: Int, keepAlive: Duration) throws {
        let seconds = keepAlive == .zero ? 0 : min(max(keepAlive.components.seconds, 5), 65_535)
        try check(
            mosquitto_connect_async(self.handle, host, CInt(clamping: port), CInt(clamping: seconds))
        )
    }

    /// Reads what the socket has, at least one packet if there is a whole one, and reports it to the
    /// delegate.
    ///
    /// - Throws: `MosquittoError` when the connection is lost or the broker broke the protocol.
    func read() throws {
        try self.checkConnected(mosquitto_loop_read(self.handle, unusedPacketsMax))
    }

    /// Writes queued packets until none is left or the socket is full.
    ///
    /// - Throws: `MosquittoError` when the connection is lost.
    func write() throws {
        try self.checkConnected(mosquitto_loop_write(self.handle, unusedPacketsMax))
    }

    /// Sends a PINGREQ when one is due, and sees that the last was answered; to be called once a second.
    ///
    /// - Throws: `MosquittoError` when the broker has been silent too long.
    func keepAlive() throws {
        try self.checkConnected(mosquitto_loop_misc(self.handle))
    }

    /// Queues a PUBLISH.
    ///
    /// - Returns: what the library calls it.
    /// - Throws: `MosquittoError`; see `isMessageAtFault`.
    func publish(topic: String, payload: UnsafeRawBufferPointer, qos: CInt) throws -> CInt {
        var packetID: CInt = 0
        let length = CInt(clamping: payload.count)
        try check(
            mosquitto_publish(self.handle, &packetID, topic, length, payload.baseAddress, qos, false)
        )
        return packetID
    }

    /// Queues one SUBSCRIBE at QoS 1 for all of `filters`.
    ///
    /// - Returns: what the library calls it.
    func subscribe(_ filters: [TopicFilter]) throws -> CInt {
        var packetID: CInt = 0
        let code = withCStrings(filters) { texts, count in
            mosquitto_subscribe_multiple(self.handle, &packetID, count, texts, subscriptionQoS, 0, nil)
        }
        try check(code)
        return packetID
    }

    /// Queues one UNSUBSCRIBE for all of `filters`.
    ///
    /// - Returns: what the library calls it.
    func unsubscribe(_ filters: [TopicFilter]) throws -> CInt {
        var packetID: CInt = 0
        let code = withCStrings(filters) { texts, count in
            mosquitto_unsubscribe_multiple(self.handle, &packetID, count, texts, nil)
        }
        try check(code)
        return packetID
    }

    /// Queues a DISCONNECT, after which `write` throws once it is on its way.
    func disconnect() throws {
        try check(mosquitto_disconnect(self.handle))
    }

    private func setCallbacks() {
        mosquitto_connect_with_flags_callback_set(self.handle) { _, context, code, flags in
            let reason = String(cString: mosquitto_connack_string(code))
            listener(of: context)?
                .connectAnswered(code: code, reason: reason, isSessionPresent: flags & 1 == 1)
        }
        mosquitto_subscribe_callback_set(self.handle) { _, context, packetID, count, grantedQoS in
            let granted = UnsafeBufferPointer(start: grantedQoS, count: Int(max(0, count)))
            listener(of: context)?.subscribeAnswered(packetID: packetID, grantedQoS: Array(granted))
        }
        mosquitto_unsubscribe_callback_set(self.handle) { _, context, packetID in
            listener(of: context)?.unsubscribeAnswered(packetID: packetID)
        }
        mosquitto_publish_callback_set(self.handle) { _, context, packetID in
            listener(of: context)?.published(packetID: packetID)
        }
        mosquitto_message_callback_set(self.handle) { _, context, message in
            guard let message = message?.pointee else { return }
            let topic = bytes(message.topic, count: message.topic.map { strlen($0) } ?? 0)
            let payload = bytes(message.payload, count: Int(message.payloadlen))
            listener(of: context)?.received(topic: topic, payload: payload, qos: message.qos)
        }
    }

    /// Throws too when the call succeeded and yet closed the socket.
    private func checkConnected(_ code: CInt) throws {
        try check(code)
        if self.socket == nil { try check(MOSQ_ERR_CONN_LOST.rawValue) }
    }
}

/// The context of every callback is the client, which outlives its handle and so every callback.
private func listener(of context: UnsafeMutableRawPointer?) -> (any MosquittoClientDelegate)? {
    context.map { Unmanaged<MosquittoClient>.fromOpaque($0).takeUnretainedValue().delegate }
}

private func check(_ code: CInt) throws {
    if code != MOSQ_ERR_SUCCESS.rawValue { throw MosquittoError(code: code) }
}

/// Runs `body` with the filters' texts as the array of C strings that libmosquitto takes.
private func withCStrings(
    _ filters: [TopicFilter],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>, CInt) -> CInt
) -> CInt {
    let texts = filters.map { strdup($0.description) }
    defer { for text in texts { free(text) } }
    guard texts.allSatisfy({ $0 != nil }) else { return MOSQ_ERR_NOMEM.rawValue }
    return texts.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { body($0, CInt(clamping: buffer.count)) } ?? MOSQ_ERR_INVAL.rawValue
    }
}

private func bytes(_ start: UnsafeRawPointer?, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : max(0, count))
}
