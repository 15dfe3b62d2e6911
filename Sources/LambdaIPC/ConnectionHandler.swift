internal import LambdaManager
internal import NIOCore
internal import NIOHTTP1

/// One connection: performs what its `RequestSequence` decides.
///
/// Replies are written while a read burst lasts and flushed at its end. Reading goes on while a long poll
/// waits, so that a client that leaves is noticed, until it sends what can't be served yet.
///
/// Plain requests come whole, by `receive`; all others in parts, from the parser.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = IOData

    private enum Timer {
        case head
        case body
        case linger
    }

    /// To copy a body of so many bytes behind its head costs less than to write it by itself.
    private static let copiedBytesMax = 4_096

    private let responder: Responder
    private let limits: LambdaIPCLimits
    private let bodies: ByteBudget
    /// Why nothing is served on this connection, if so.
    private let refusal: Refusal?

    /// Stands before it.
    private(set) lazy var reader = InputReader(limits: limits) { [unowned self] in receive($0) }
    private var context: ChannelHandlerContext?
    private var requests: RequestSequence<AdmittedRequest>
    private var timer: (kind: Timer, task: Scheduled<Void>)?
    private var stopWaiting: (() -> Void)?
    /// What the body that is being received has of `bodies`.
    private var bodyByteCount = 0
    private var isOpen = true
    private var isInBurst = false
    private var needsFlush = false
    private var isReadHeld = false

    init(
        responder: Responder,
        limits: LambdaIPCLimits,
        bodies: ByteBudget,
        refusal: Refusal?
    ) {
        self.responder = responder
        self.limits = limits
        self.bodies = bodies
        self.refusal = refusal
        self.requests = RequestSequence(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        startTimer(.head, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOpen = false
        giveBodyBack()
        stopTimer()
        requests.end()
        stopWaiting?()
        stopWaiting = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isInBurst = true
        switch unwrapInboundIn(data) {
        case .head(let head):
            stopTimer(.head)
            requests.receive(.head(head))
        case .body(let part):
            receive(.body(part), byteCount: part.readableBytes)
        case .end:
            stopTimer(.body)
            requests.receive(.end)
        }
        work(context)
    }

    private func receive(_ request: PlainRequest) {
        guard let context else { return }
        isInBurst = true
        stopTimer(.head)
        receive(.request(request.head, body: request.body), byteCount: request.body.readableBytes)
        work(context)
    }

    /// Takes the bytes of a body, or of a part of one.
    private func receive(_ input: RequestSequence<AdmittedRequest>.Input, byteCount: Int) {
        guard bodies.take(byteCount) else {
            return requests.receive(.malformed(.tooManyBodies(limits)))
        }
        bodyByteCount += byteCount
        requests.receive(input)
    }

    /// The body is whole, and who gets it counts it; or it is dropped.
    private func giveBodyBack() {
        bodies.give(bodyByteCount)
        bodyByteCount = 0
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !isInBurst, requests.phase == .head, requests.wantsInput {
            // Bytes came and no part of a request: they begin a head.
            startTimer(.head, context)
        }
        isInBurst = false
        finishBurst(context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            // Later: a flush calls this, and that flush may stand inside another connection's publish.
            context.eventLoop.assumeIsolated().execute { self.work(context) }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let refusal = Refusal(parsing: error, limits: limits) {
            requests.receive(.malformed(refusal))
            work(context)
        } else if !(error is ByteToMessageDecoderError) {
            context.close(promise: nil)
        }
    }

    func read(context: ChannelHandlerContext) {
        isReadHeld = !canRead(context)
        if !isReadHeld {
            context.read()
        }
    }

    /// Does all that can be done now; a client that does not take its answers gets no further ones.
    private func work(_ context: ChannelHandlerContext) {
        while isOpen, context.channel.isWritable, let action = requests.nextAction(admit: admit) {
            switch action {
            case .invite:
                write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"), context)
            case .serve(let request, let body):
                serve(request, body: body, context)
            case .refuse(let refusal):
                refuse(refusal, context)
            }
        }
        if !isInBurst {
            finishBurst(context)
        }
    }

    private func admit(_ head: HTTPRequestHead) throws(Refusal) -> AdmittedRequest {
        if let refusal {
            throw refusal
        }
        return try responder.admit(head, limits: limits)
    }

    private func serve(_ request: AdmittedRequest, body: ByteBuffer, _ context: ChannelHandlerContext) {
        giveBodyBack()
        switch responder.answer(request, body: body) {
        case .now(let reply):
            send(reply, context)
        case .later(let future, let stop):
            stopWaiting = stop
            let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
            let boundSelf = NIOLoopBound(self, eventLoop: context.eventLoop)
            future.whenComplete { result in
                boundSelf.value.didComplete(result, boundContext.value)
            }
        }
    }

    /// Sends an answer that was waited for.
    ///
    /// It may run inside another connection's publish, and the publisher must not be entered a second time:
    /// what waits behind this answer is served later.
    private func didComplete(_ result: Result<Reply, any Error>, _ context: ChannelHandlerContext) {
        stopWaiting = nil
        let reply =
            switch result {
            case .success(let reply): reply
            case .failure(let error): Reply(Refusal(error))
            }
        guard isOpen else {
            reply.onLoss?()
            return
        }
        send(reply, context)
        if !isInBurst {
            finishBurst(context)
        }
        if !requests.wantsInput {
            context.eventLoop.assumeIsolated().execute { self.work(context) }
        }
    }

    private func send(_ reply: Reply, _ context: ChannelHandlerContext) {
        let isKept = requests.didAnswer()
        let promise = isKept && reply.onLoss == nil ? nil : context.eventLoop.makePromise(of: Void.self)
        write(reply, isLast: !isKept, context, promise: promise)
        promise?.futureResult.assumeIsolated().whenComplete { result in
            if case .failure = result {
                reply.onLoss?()
            }
            if !isKept {
                context.close(promise: nil)
            }
        }
    }

    /// Answers, ends the output, and drops what the client still sends until it closes.
    private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        requests.end()
        giveBodyBack()
        reader.shut()
        startTimer(.linger, context)
        let promise = context.eventLoop.makePromise(of: Void.self)
        write(Reply(refusal), isLast: true, context, promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: nil)
        }
    }

    private func write(
        _ reply: Reply,
        isLast: Bool,
        _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) {
        var bytes = reply.head(isLast: isLast, allocator: context.channel.allocator)
        if reply.body.readableBytes <= Self.copiedBytesMax {
            bytes.writeImmutableBuffer(reply.body)
            write(bytes, context, promise: promise)
        } else {
            write(bytes, context)
            write(reply.body, context, promise: promise)
        }
    }

    private func write(
        _ bytes: ByteBuffer,
        _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>? = nil
    ) {
        context.write(wrapOutboundOut(.byteBuffer(bytes)), promise: promise)
        needsFlush = true
    }

    private func finishBurst(_ context: ChannelHandlerContext) {
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        if requests.phase == .body {
            startTimer(.body, context)
        }
        if isReadHeld, canRead(context) {
            isReadHeld = false
            context.read()
        }
    }

    private func canRead(_ context: ChannelHandlerContext) -> Bool {
        requests.wantsInput && context.channel.isWritable
    }

    /// Starts a timer unless the same one runs.
    private func startTimer(_ kind: Timer, _ context: ChannelHandlerContext) {
        guard isOpen, timer?.kind != kind else { return }
        stopTimer()
        let timeout =
            switch kind {
            case .head: limits.headTimeout
            case .body: limits.bodyTimeout
            case .linger: limits.lingerTimeout
            }
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.timer = nil
            self.timeIsUp(kind, timeout, context)
        }
        timer = (kind, task)
    }

    private func stopTimer(_ kind: Timer? = nil) {
        guard let timer, kind == nil || timer.kind == kind else { return }
        timer.task.cancel()
        self.timer = nil
    }

    private func timeIsUp(_ kind: Timer, _ timeout: TimeAmount, _ context: ChannelHandlerContext) {
        let seconds = Double(timeout.nanoseconds) / 1e9
        switch kind {
        case .head:
            refuse(Refusal(.requestTimeout, "No whole request head came within \(seconds) s."), context)
        case .body:
            refuse(Refusal(.requestTimeout, "The body did not come within \(seconds) s."), context)
        case .linger:
            context.close(promise: nil)
        }
        if isOpen {
            finishBurst(context)
        }
    }
}
