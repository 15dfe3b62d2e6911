internal import Broker
internal import Components
internal import EventStream
internal import Logging
internal import NIOCore
internal import TopicRouter

/// What is said on one connection: who the client is, which streams are open, and what it is still to be
/// sent.
///
/// It belongs to its event loop. None of its methods is entered a second time while it has access to what it
/// changes; so the checks for that, which would take a tenth of the time of a publish, are left out.
/// `Session+Operations.swift` and its neighbours have what the operations do.
final class Session {
    let hub: Hub
    @exclusivity(unchecked) private(set) var outbox = Outbox()
    /// Who the client is; nil until its CONNECT was accepted.
    @exclusivity(unchecked) private(set) var caller: SessionIdentity?
    /// The topics published to last.
    @exclusivity(unchecked) var knownTopics = KnownTopics()
    /// The reasons of refusals that are in the log.
    @exclusivity(unchecked) var loggedRefusals: Set<String> = []

    private unowned let connection: ConnectionHandler
    /// What ends each open stream, besides the message that says so.
    @exclusivity(unchecked) private var streams: [Int32: () -> Void] = [:]
    @exclusivity(unchecked) private var lastStreamID: Int32 = 0
    @exclusivity(unchecked) private var isNotedUnsent = false
    /// Events that the client was too slow for, since it last had read everything.
    @exclusivity(unchecked) private var lossCount = 0
    @exclusivity(unchecked) private var isClosed = false

    init(hub: Hub, connection: ConnectionHandler) {
        self.hub = hub
        self.connection = connection
    }

    /// Whether the client is who it says, so that it may send more than a token.
    var isConnected: Bool { caller != nil }

    /// Whether the client has read enough of its answers to ask for more.
    var mayAsk: Bool { outbox.byteCount <= hub.unreadBytesMax }

    // MARK: What comes in

    /// Takes a whole message.
    ///
    /// - Throws: `ProtocolError`, after which the connection can't go on.
    func receive(_ message: ByteBuffer, _ prelude: MessagePrelude) throws(ProtocolError) {
        let bytes = message.readableBytesSpan
        let rpc = try RPCMessage(bytes, prelude)
        guard rpc.streamID != 0 else {
            return try receiveForConnection(rpc, message, prelude)
        }
        guard let caller else { throw ProtocolError("the first message must be CONNECT") }
        guard let type = MessageType(rawValue: rpc.type),
            type == .applicationMessage || type == .applicationError
        else { throw ProtocolError("a message of type \(rpc.type) is none for a stream") }
        guard rpc.streamID > lastStreamID else { return try receiveOnStream(rpc) }
        guard rpc.streamID == lastStreamID + 1 else {
            throw ProtocolError("the stream \(rpc.streamID) does not follow \(lastStreamID)")
        }
        lastStreamID = rpc.streamID
        guard !rpc.flags.contains(.terminateStream) else { return }
        guard let operation = rpc.operation else {
            throw ProtocolError("the first message of a stream needs the header \(HeaderName.operation)")
        }
        let start = message.readerIndex + prelude.payload.lowerBound
        let payload = message.getSlice(at: start, length: prelude.payload.count) ?? ByteBuffer()
        do {
            try open(rpc.streamID, bytes.extracting(operation), payload, caller)
        } catch {
            fail(rpc.streamID, error)
        }
    }

    /// The client ends a stream; anything else on an open one means nothing to any operation.
    private func receiveOnStream(_ rpc: RPCMessage) throws(ProtocolError) {
        if rpc.flags.contains(.terminateStream) {
            streams.removeValue(forKey: rpc.streamID)?()
        } else if streams[rpc.streamID] == nil {
            throw ProtocolError("the stream \(rpc.streamID) is closed")
        }
    }

    private func receiveForConnection(
        _ rpc: RPCMessage,
        _ message: ByteBuffer,
        _ prelude: MessagePrelude
    ) throws(ProtocolError) {
        let bytes = message.readableBytesSpan
        switch MessageType(rawValue: rpc.type) {
        case .connect:
            guard caller == nil else { throw ProtocolError("the connection is made already") }
            connect(rpc, bytes, payload: bytes.extracting(prelude.payload))
        case _ where caller == nil:
            throw ProtocolError("the first message must be CONNECT")
        case .ping:
            try answerPing(message, prelude)
        case .pingResponse, .protocolError, .internalError:
            break
        default:
            throw ProtocolError("a message of type \(rpc.type) needs a stream")
        }
    }

    private func connect(_ rpc: RPCMessage, _ bytes: RawSpan, payload: RawSpan) {
        let isSpoken = rpc.version.map { bytes.extracting($0).isText("0.1.0") } ?? false
        guard isSpoken, let identity = identity(payload) else {
            send(Frames.connection(.connectAck), 0, ByteBuffer())
            return connection.closeSoon()
        }
        caller = SessionIdentity(identity)
        connection.didConnect()
        send(Frames.connection(.connectAck, flags: .connectionAccepted), 0, ByteBuffer())
    }

    private func identity(_ payload: RawSpan) -> Identity? {
        let bytes = payload.withUnsafeBytes { ByteBuffer(bytes: $0) }
        guard (try? hub.tape.read(payload)) != nil, let request = try? Request(bytes, hub.tape),
            let token = try? request.string("authToken")
        else { return nil }
        return hub.services.tokens.identity(for: token)
    }

    /// Echoes the payload, and every header whose name does not begin with a colon.
    private func answerPing(_ message: ByteBuffer, _ prelude: MessagePrelude) throws(ProtocolError) {
        guard prelude.messageByteCount <= hub.limits.pingBytesMax else {
            throw ProtocolError("a PING has at most \(hub.limits.pingBytesMax) bytes")
        }
        let bytes = message.readableBytesSpan
        var echoed: [(name: String, value: HeaderValue)] = []
        do {
            var headers = try MessageHeaders(of: bytes, prelude)
            while let header = try headers.next(in: bytes) {
                let name = bytes.extracting(header.name).text
                guard !name.hasPrefix(":"), name.utf8.count < 256, let value = header.value(in: bytes) else {
                    continue
                }
                echoed.append((name, value))
            }
        } catch {
            throw ProtocolError(error.description)
        }
        let payload = bytes.extracting(prelude.payload).withUnsafeBytes { ByteBuffer(bytes: $0) }
        send(Frames.connection(.pingResponse, headers: echoed), 0, payload)
    }

    /// Does what the first message of a stream asks for.
    private func open(
        _ streamID: Int32,
        _ name: RawSpan,
        _ payload: ByteBuffer,
        _ caller: SessionIdentity
    ) throws(IPCError) {
        guard let operation = Operation(header: name) else {
            throw .service("Operation \(name.text.prefix(100)) is not supported by Greengrass")
        }
        do {
            try hub.tape.read(payload.readableBytesSpan)
        } catch {
            throw .invalidArguments("the request is no JSON: \(error)")
        }
        try perform(operation, Request(payload, hub.tape), on: streamID, caller)
    }

    // MARK: Streams

    /// Whether neither side has ended a stream that was kept open.
    func isOpen(_ streamID: Int32) -> Bool { streams[streamID] != nil }

    /// Keeps a stream open until the client, the connection or an answer ends it.
    ///
    /// - Parameters:
    ///   - streamID: The stream.
    ///   - begin: Begins what the stream is for, and returns what ends it.
    /// - Throws: What `begin` throws, or `IPCError` when too many streams are open; nothing is begun then.
    func keepOpen(
        _ streamID: Int32,
        _ begin: () throws(IPCError) -> () -> Void = { {} }
    ) throws(IPCError) {
        guard streams.count < hub.limits.streamCountMax else {
            throw .service("at most \(hub.limits.streamCountMax) streams of a connection are open at a time")
        }
        streams[streamID] = try begin()
    }

    /// Ends a stream that was kept open until its only answer; `answer` is sent unless the client has left.
    func finish(_ streamID: Int32, _ answer: Result<(shape: String, payload: ByteBuffer), IPCError>) {
        guard !isClosed, streams.removeValue(forKey: streamID) != nil else { return }
        switch answer {
        case .success(let response):
            send(Frames.unaryResponse(response.shape), streamID, response.payload)
        case .failure(let error):
            send(Frames.error(error.shape), streamID, error.payload)
        }
    }

    /// Answers with an error, which ends the stream.
    func fail(_ streamID: Int32, _ error: IPCError) {
        streams.removeValue(forKey: streamID)?()
        send(Frames.error(error.shape), streamID, error.payload)
    }

    /// Sends an event on a stream that is open.
    func sendEvent(_ shape: String, _ payload: ByteBuffer, on streamID: Int32) {
        guard !isClosed, streams[streamID] != nil else { return }
        guard hasRoom(for: payload.readableBytes) else { return didLose(oneOf: shape) }
        send(Frames.event(shape), streamID, payload, isEvent: true)
    }

    // MARK: What goes out

    /// Puts a message into the outbox; it goes at the end of the burst.
    func send(
        _ template: MessageTemplate,
        _ streamID: Int32,
        _ payload: ByteBuffer,
        isEvent: Bool = false
    ) {
        guard !isClosed else { return }
        let before = outbox.byteCount
        outbox.append(template, streamID, payload, isEvent: isEvent)
        didAppend(before)
    }

    /// Puts a message of a subscription into the outbox, if there is room.
    func deliver(_ message: Message, _ form: EventEncoder.Form, on streamID: Int32, of filter: TopicFilter) {
        guard !isClosed else { return }
        guard hasRoom(for: message.byteCount) else { return didLose(oneOf: filter.description) }
        let template = form == .ioTCore ? Frames.ioTCoreEvent : Frames.subscriptionEvent
        send(template, streamID, hub.encoder.event(message, form), isEvent: true)
    }

    /// Whether there is room for an event; what others have not read leaves each client a little.
    private func hasRoom(for byteCount: Int) -> Bool {
        guard outbox.eventCount < hub.limits.queueCountMax else { return false }
        let own = outbox.byteCount + byteCount
        return own <= hub.limits.queueBytesMax
            && (own <= hub.limits.ownQueueBytes
                || hub.queuedByteCount + byteCount <= hub.limits.allQueuesBytesMax)
    }

    private func didAppend(_ before: Int) {
        hub.queuedByteCount += outbox.byteCount - before
        noteUnsent()
    }

    /// There is, or will be, something to be sent at the end of this burst.
    func noteUnsent() {
        guard !isNotedUnsent else { return }
        isNotedUnsent = true
        hub.noteUnsent(self)
    }

    /// Writes what waits, unless what was written before is still under way.
    func sendWaiting() {
        isNotedUnsent = false
        guard !isClosed, outbox.hasWaiting, connection.canWrite else { return }
        connection.write(outbox.takeAll())
    }

    /// What was written has been sent.
    func didSend() {
        hub.queuedByteCount -= outbox.didSend()
        if outbox.byteCount == 0 {
            reportLosses()
        }
    }

    // MARK: What is lost

    /// An event had no room.
    ///
    /// - Parameter subscription: The filter, or whatever else it was for.
    func didLose(oneOf subscription: String) {
        guard !isClosed, let caller else { return }
        hub.didLose(1)
        lossCount += 1
        if lossCount == 1 {
            hub.services.logger.warning(
                """
                \(caller.componentName) does not read what it is subscribed to: \(outbox.eventCount) \
                messages and \(outbox.byteCount) bytes wait for it; from now on messages are lost to it, the \
                first one for \(subscription)
                """
            )
        }
        connection.watchProgress()
    }

    private func reportLosses() {
        guard lossCount > 0, let caller else { return }
        hub.services.logger.warning(
            "\(caller.componentName) reads again; \(lossCount) messages were lost to it"
        )
        lossCount = 0
    }

    /// The client has read nothing for too long.
    func giveUp() {
        let name = caller?.componentName ?? "a client"
        let losses = lossCount > 0 ? "; \(lossCount) messages were lost to it before" : ""
        hub.services.logger.error(
            """
            \(name) has read nothing for \(hub.limits.stallTimeout.nanoseconds / 1_000_000_000) s: its \
            connection is closed, and what waited for it is lost, \(outbox.byteCount) bytes\(losses)
            """
        )
        lossCount = 0
        connection.close()
    }

    /// All streams end, and nothing but what waits is sent any more.
    func endStreams() {
        let ends = streams.values
        streams = [:]
        for end in ends {
            end()
        }
    }

    /// The connection is gone.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        hub.queuedByteCount -= outbox.byteCount
        outbox = Outbox()
        endStreams()
    }
}
