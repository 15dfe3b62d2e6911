internal import EventStream
internal import Logging
internal import NIOCore

/// One connection: cuts what comes in into messages for its session, and writes what the session has to say.
///
/// What a read burst leads to is written at its end, for all connections of the server. A client that does
/// not read its answers is not read any further.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// How long a client that is to be disconnected may take to read why, and to close by itself.
    ///
    /// AWS' library tells a program why only when the client is the one that closes.
    private static let lingerTime = TimeAmount.seconds(1)

    private let hub: Hub
    private lazy var session = Session(hub: hub, connection: self)
    private var context: ChannelHandlerContext?
    /// The beginning of a message, or whole ones that must wait.
    @exclusivity(unchecked) private var received = ByteBuffer()
    /// What the message that is being received has of the hub's.
    @exclusivity(unchecked) private var countedByteCount = 0
    private var timer: Scheduled<Void>?
    private var progressTimer: Scheduled<Void>?
    private var writeCount = 0
    /// Whether nobody has said yet whose it is.
    private(set) var isUnknown = true
    @exclusivity(unchecked) private var isWriting = false
    @exclusivity(unchecked) private var isReadHeld = false
    /// Whole messages wait until the client has read its answers.
    @exclusivity(unchecked) private var isWorkHeld = false
    /// Nothing that comes is looked at any more, and the connection closes when all is sent.
    @exclusivity(unchecked) private var isEnding = false

    init(hub: Hub) {
        self.hub = hub
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        closeAfter(hub.limits.connectTimeout, context)
        hub.add(unknown: self)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isEnding = true
        isUnknown = false
        timer?.cancel()
        timer = nil
        progressTimer?.cancel()
        progressTimer = nil
        count(0)
        session.close()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        var bytes = unwrapInboundIn(data)
        if received.readableBytes > 0 {
            received.writeBuffer(&bytes)
        } else {
            received = bytes
        }
        work()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        hub.sendAll()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        isReadHeld = !mayRead
        if !isReadHeld {
            context.read()
        } else {
            watchProgress()
        }
    }

    /// Whether the client has read enough of its answers to ask for more.
    private var mayRead: Bool { isEnding || session.mayAsk }

    /// Gives the session every message that is whole, as long as it reads its answers.
    private func work() {
        let session = session
        // Who asks is answered first, before the subscribers of what it publishes: it waits for that.
        session.noteUnsent()
        do {
            while !isEnding, session.mayAsk, let message = try nextMessage(session) {
                try session.receive(message.bytes, message.prelude)
            }
        } catch {
            end(error)
        }
        guard !isEnding else { return received = ByteBuffer() }
        isWorkHeld = !mayRead
        if isWorkHeld {
            watchProgress()
        }
        if received.readableBytes == 0 {
            received = ByteBuffer()
        } else {
            received.discardReadBytes()
        }
    }

    private func nextMessage(
        _ session: Session
    ) throws(ProtocolError) -> (bytes: ByteBuffer, prelude: MessagePrelude)? {
        let limit = session.isConnected ? hub.limits.messageBytesMax : hub.limits.connectBytesMax
        let prelude: MessagePrelude?
        do {
            prelude = try MessagePrelude(received.readableBytesSpan, messageByteCountMax: limit)
        } catch {
            throw ProtocolError(error.description)
        }
        guard let prelude else { return nil }
        guard let bytes = received.readSlice(length: prelude.messageByteCount) else {
            let isSmall = prelude.messageByteCount <= hub.limits.smallMessageBytesMax
            guard count(isSmall ? 0 : prelude.messageByteCount) else {
                throw ProtocolError("too many long messages are being received; try again later")
            }
            return nil
        }
        count(0)
        return (bytes, prelude)
    }

    /// Counts what the message that is being received needs, in place of the one before.
    ///
    /// - Returns: Whether there is room for it.
    @discardableResult
    private func count(_ byteCount: Int) -> Bool {
        let total = hub.receivedByteCount - countedByteCount + byteCount
        guard byteCount <= countedByteCount || total <= hub.limits.receivedBytesMax else { return false }
        hub.receivedByteCount = total
        if let context, !isEnding, (byteCount > 0) != (countedByteCount > 0) {
            timer?.cancel()
            timer = nil
            if byteCount > 0 {
                // What it takes of the hub's is not to be had for ever.
                closeAfter(hub.limits.longMessageTimeout, context)
            }
        }
        countedByteCount = byteCount
        return true
    }

    /// Says what was wrong, and closes.
    private func end(_ error: ProtocolError) {
        let name = session.caller?.componentName ?? "a client that is not connected"
        hub.logSparingly("the connection of \(name) is closed: \(error)")
        var payload = ByteBuffer()
        payload.writeJSONObject { $0.write("message", error.description) }
        let template = Frames.connection(
            .protocolError,
            headers: [("\(HeaderName.contentType)", .string("application/json"))]
        )
        session.send(template, 0, payload)
        closeSoon()
    }

    // MARK: What the session asks for

    /// Whether nothing that was written is still under way.
    var canWrite: Bool { !isWriting && context != nil }

    /// Gives the client some time to read something of what was written, and closes when it does not.
    func watchProgress() {
        guard progressTimer == nil, isWriting, let context else { return }
        let before = (writeCount, unreadByteCount)
        let timeout = hub.limits.stallTimeout
        progressTimer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [self] in
            progressTimer = nil
            // What is written at a time can be large: a part of it is progress, too.
            if isWriting, (writeCount, unreadByteCount) == before {
                session.giveUp()
            } else if !mayRead {
                watchProgress()
            }
        }
    }

    /// What the client has not read of what was written, in bytes.
    private var unreadByteCount: Int {
        guard let context, let options = context.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Writes, and tells the session when it is done.
    func write(_ buffers: [ByteBuffer]) {
        guard let context, let last = buffers.last else { return }
        isWriting = true
        writeCount &+= 1
        for buffer in buffers.dropLast() {
            context.write(wrapOutboundOut(buffer), promise: nil)
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            isWriting = false
            if case .success = result {
                didWrite()
            }
        }
        context.writeAndFlush(wrapOutboundOut(last), promise: promise)
    }

    private func didWrite() {
        session.didSend()
        guard let context else { return }
        if session.outbox.hasWaiting {
            session.sendWaiting()
        }
        if isReadHeld || isWorkHeld, mayRead {
            // Later: this may stand inside another connection's burst.
            context.eventLoop.assumeIsolated().execute { [self] in goOn(context) }
        }
    }

    /// The client has read its answers: what waited is done now, and more is read.
    private func goOn(_ context: ChannelHandlerContext) {
        if isWorkHeld {
            work()
            hub.sendAll()
        }
        if isReadHeld, mayRead {
            isReadHeld = false
            context.read()
        }
    }

    /// The client is known now.
    func didConnect() {
        isUnknown = false
        timer?.cancel()
        timer = nil
    }

    /// Closes in a moment, in which what waits is sent, unless the client closes before.
    func closeSoon() {
        isEnding = true
        isUnknown = false
        count(0)
        session.endStreams()
        guard let context else { return }
        closeAfter(Self.lingerTime, context)
    }

    /// Closes soon.
    func close() {
        isEnding = true
        guard let context else { return }
        // Later: this may stand inside another connection's publish.
        context.eventLoop.assumeIsolated().execute { context.close(promise: nil) }
    }

    private func closeAfter(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            context.close(promise: nil)
        }
    }
}
