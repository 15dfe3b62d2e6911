import Broker
import CMosquitto
import Glibc
import GreengrassModel
import NIOCore
import TopicRouter

/// The library demands a positive number here and otherwise ignores it.
private let unusedPacketsMax: CInt = 1

/// The QoS asked for in every SUBSCRIBE.
private let subscriptionQoS: CInt = 1

/// The oldest version of TLS: what is older is broken (RFC 8996).
private let tlsVersionMin = "tlsv1.2"

/// libmosquitto's number for a broker that must prove who it is (SSL_VERIFY_PEER).
private let verifiesPeer: CInt = 1

/// OpenSSL's name for what reads keys from PKCS #11 tokens (libp11).
private let tokenEngine = "pkcs11"

/// What a private key begins with that lies on such a token (RFC 7512).
private let tokenScheme = "pkcs11:"

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
    let version: MQTTVersion
    unowned let delegate: any MosquittoClientDelegate
    /// What the library said of its errors, for whoever has to explain them.
    let notes = ClientNotes()
    private var connectError: CInt = 0

    /// Makes a client that keeps its session on the broker (clean session false, or clean start).
    ///
    /// - Throws: `ConnectionFailure` when a file of the configuration can't be used; `MosquittoError` when
    ///   the id is no UTF-8 that MQTT allows, or there is no memory.
    init(
        id: String,
        version: MQTTVersion,
        configuration: MQTTBridgeConfiguration,
        delegate: any MosquittoClientDelegate
    ) throws {
        guard Self.isLibraryReady, let handle = mosquitto_new(id, false, nil) else {
            throw MosquittoError(code: errno == EINVAL ? MOSQ_ERR_INVAL.rawValue : MOSQ_ERR_NOMEM.rawValue)
        }
        self.handle = handle
        self.version = version
        self.delegate = delegate
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_threaded_set(handle, true)
        mosquitto_int_option(
            handle,
            MOSQ_OPT_PROTOCOL_VERSION,
            version == .mqtt5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        )
        mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, CInt(clamping: configuration.receiveMaximum))
        mosquitto_max_inflight_messages_set(handle, UInt32(clamping: configuration.inFlightMax))
        if let proxy = configuration.proxy {
            let port = CInt(clamping: proxy.port)
            try check(mosquitto_socks5_set(handle, proxy.host, port, proxy.username, proxy.password))
        }
        if let tls = configuration.tls { try self.protect(with: tls) }
        self.setCallbacks(of: handle)
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

    /// Whether the TCP connection has come about; a socket that still tries has no peer.
    ///
    /// One whose peer has gone already may still hold its last words.
    var hasPeer: Bool {
        if !self.isAtEnd { return true }
        guard let socket = self.socket else { return false }
        var address = sockaddr()
        var length = socklen_t(MemoryLayout<sockaddr>.size)
        return getpeername(socket, &address, &length) == 0
    }

    /// Why the TCP connection did not come about, as the system's number.
    var socketError: CInt {
        guard let socket = self.socket else { return 0 }
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
        // The library's first attempt at a handshake may have taken it away.
        return code != 0 ? code : self.connectError
    }

    /// Whether the peer has closed the connection and everything it sent has been read.
    var isAtEnd: Bool {
        guard let socket = self.socket else { return true }
        var count: CInt = 0
        return ioctl(socket, UInt(FIONREAD), &count) == 0 && count == 0
    }

    /// Whether a TLS handshake is under way.
    var isShakingHands: Bool {
        guard let session = mosquitto_ssl_get(self.handle), let isOver = OpenSSL.isHandshakeOver else {
            return false
        }
        return isOver(session) == 0
    }

    /// Starts to connect.
    ///
    /// The name look-up blocks; the rest of the way is gone by `write` and `read`.
    ///
    /// - Throws: `MosquittoError`, for example when the name is unknown.
    func connect(_ configuration: MQTTBridgeConfiguration) throws {
        let keepAlive = configuration.keepAlive
        let seconds = CInt(keepAlive == .zero ? 0 : min(max(keepAlive.components.seconds, 5), 65_535))
        if self.version == .mqtt5 {
            var properties = PropertyList()
            try properties.add(MQTT_PROP_SESSION_EXPIRY_INTERVAL, configuration.sessionExpirySeconds)
            // Only the call that blocks takes properties. It keeps them and then finds its port impossible;
            // the call that follows sends them.
            _ = mosquitto_connect_bind_v5(
                self.handle,
                configuration.host,
                -1,
                seconds,
                nil,
                properties.first
            )
        }
        errno = 0
        let port = CInt(clamping: configuration.port)
        let code = mosquitto_connect_async(self.handle, configuration.host, port, seconds)
        self.connectError = errno
        try check(code)
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
    func publish(_ message: Message, millisecondsSinceEpoch now: Int64) throws -> CInt {
        var packetID: CInt = 0
        var properties = PropertyList()
        if self.version == .mqtt5, message.hops > 0 || message.properties != nil {
            properties = try .of(message, millisecondsSinceEpoch: now)
        }
        // What the cloud had kept, it keeps already.
        let isRetained = message.origin != .cloud && message.properties?.isRetained == true
        let code = message.payload.withUnsafeReadableBytes { payload in
            mosquitto_publish_v5(
                self.handle,
                &packetID,
                message.topic.description,
                CInt(clamping: payload.count),
                payload.baseAddress,
                CInt(message.qos.rawValue),
                isRetained,
                properties.first
            )
        }
        try check(code)
        return packetID
    }

    /// Queues one SUBSCRIBE at QoS 1 for all of `filters`.
    ///
    /// With MQTT 5, messages that they match carry `identifier`, if there is one; with `hasNoLocal` the
    /// broker holds back what we published ourselves.
    ///
    /// - Returns: what the library calls it.
    func subscribe(_ filters: [TopicFilter], identifier: UInt32?, hasNoLocal: Bool) throws -> CInt {
        var packetID: CInt = 0
        var properties = PropertyList()
        var options: CInt = 0
        if self.version == .mqtt5 {
            if let identifier { try properties.add(subscriptionIdentifier: identifier) }
            // A session that lives on needs no retained message a second time.
            options = CInt(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue)
            if hasNoLocal { options |= CInt(MQTT_SUB_OPT_NO_LOCAL.rawValue) }
        }
        let first = properties.first
        let code = withCStrings(filters) { texts, count in
            mosquitto_subscribe_multiple(
                self.handle,
                &packetID,
                count,
                texts,
                subscriptionQoS,
                options,
                first
            )
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

    private func protect(with tls: MQTTTransportSecurity) throws {
        if let name = tls.applicationProtocol {
            try check(mosquitto_string_option(self.handle, MOSQ_OPT_TLS_ALPN, name))
        }
        var files = [("rootCaPath", tls.caPath)]
        if let path = tls.certificatePath { files.append(("certificateFilePath", path)) }
        if let key = tls.privateKey {
            if key.hasPrefix(tokenScheme) {
                try self.useTokenEngine()
            } else {
                files.append(("privateKeyPath", key))
            }
        }
        for (setting, path) in files where access(path, R_OK) != 0 {
            throw ConnectionFailure(
                description: "\(setting) \(path) can't be read: \(String(cString: strerror(errno)))"
            )
        }
        // Without an answer of ours OpenSSL would ask the terminal for the password of a key that has one.
        let set = { [handle] in
            mosquitto_tls_set(
                handle,
                tls.caPath,
                nil,
                tls.certificatePath,
                tls.privateKey,
                { _, _, _, _ in 0 }
            )
        }
        let code = set()
        if code == MOSQ_ERR_INVAL.rawValue, let key = tls.privateKey, key.hasPrefix(tokenScheme) {
            try TokenKeyFile.with(key) { try check(set()) }
        } else {
            try check(code)
        }
        try check(mosquitto_tls_opts_set(self.handle, verifiesPeer, tlsVersionMin, nil))
    }

    private func useTokenEngine() throws {
        guard
            mosquitto_string_option(self.handle, MOSQ_OPT_TLS_ENGINE, tokenEngine)
                == MOSQ_ERR_SUCCESS.rawValue
        else {
            throw ConnectionFailure(
                description: "privateKeyPath names a key on a PKCS #11 token, and OpenSSL has no engine "
                    + "\"\(tokenEngine)\": install it (Debian: apt-get install libengine-pkcs11-openssl)"
            )
        }
        try check(mosquitto_string_option(self.handle, MOSQ_OPT_TLS_KEYFORM, "engine"))
    }

    /// Throws too when the call succeeded and yet closed the socket.
    private func checkConnected(_ code: CInt) throws {
        try check(code)
        if self.socket == nil { try check(MOSQ_ERR_CONN_LOST.rawValue) }
    }
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
