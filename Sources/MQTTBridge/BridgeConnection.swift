import Broker
import Glibc
import Logging
import NIOCore
import TopicRouter

/// How many times the socket is read before what has been queued is written: enough to acknowledge bursts
/// together, and few enough that a flood from above does not hold up what goes up.
private let readsPerBurstMax = 64

/// How often libmosquitto's keep-alive is given the thread; it counts in seconds.
private let keepAliveInterval = TimeAmount.seconds(1)

/// How long the DISCONNECT may take to leave.
private let goodbyeMax = TimeAmount.seconds(1)

/// One connection to the broker, from CONNECT to its loss or the goodbye.
///
/// Confined to the bridge's thread, and so are the delegate's calls: they come from within `client.read` and
/// `write`.
final class BridgeConnection {
    let context: BridgeContext
    let receive: (Message) -> Void
    var subscriptions: UpstreamSubscriptions

    /// When the CONNACK came; nil before.
    var connectedAt: NIODeadline?
    /// Whether the link was told to be connected, and nothing has been subscribed since.
    var isSettled = false
    /// The SUBSCRIBE or UNSUBSCRIBE whose answer is awaited.
    var awaitedPacketID: CInt?
    /// When the CONNACK, SUBACK or UNSUBACK that is awaited must have come.
    var answerDeadline: NIODeadline?
    /// When refused filters are tried again.
    var retryRefusedAt: NIODeadline?
    var refusedBackoff: Backoff
    var randomness = SystemRandomNumberGenerator()
    /// The refused filters that have been logged.
    var loggedRefusals: Set<TopicFilter> = []
    /// Whether a message that is none for the bus has been logged.
    var hasLoggedRefusedInbound = false
    /// What a delegate's call found wrong with the broker; thrown when `client.read` returns.
    var failure: ConnectionFailure?
    /// Whether the last `client.read` reported anything, so that there may be more to read.
    var hasReceived = false

    private var keepAliveAt: NIODeadline

    init(context: BridgeContext, receive: @escaping (Message) -> Void, subscriptions: UpstreamSubscriptions) {
        self.context = context
        self.receive = receive
        self.subscriptions = subscriptions
        self.keepAliveAt = .now() + keepAliveInterval
        self.refusedBackoff = Backoff(
            minimum: context.configuration.reconnectDelayMin,
            maximum: context.configuration.reconnectDelayMax
        )
    }

    /// Connects and works until the bridge is asked to stop.
    ///
    /// - Throws: `MosquittoError` or `ConnectionFailure` when the connection is lost or does not come about.
    func serve() throws {
        let configuration = self.context.configuration
        let client = try MosquittoClient(
            id: configuration.clientID,
            inFlightMax: configuration.inFlightMax,
            delegate: self
        )
        try client.connect(
            host: configuration.host,
            port: configuration.port,
            keepAlive: configuration.keepAlive
        )
        self.expectAnswer()
        while true {
            let stopDeadline = self.context.state.answerWake()
            if let stopDeadline, self.canLeave(before: stopDeadline) {
                self.sayGoodbye(client)
                return
            }
            if self.connectedAt != nil {
                try self.advanceSubscriptions(client)
                try self.sendWaiting(client)
            }
            if client.wantsWrite { try client.write() }
            try self.waitAndRead(client, stopDeadline: stopDeadline)
            try self.checkClock(client)
        }
    }

    func expectAnswer() {
        self.answerDeadline = .now() + TimeAmount(self.context.configuration.operationTimeout)
    }

    /// Sends the next change of the subscriptions, and tells the link's new state.
    private func advanceSubscriptions(_ client: MosquittoClient) throws {
        if let filters = self.context.state.takeNewFilters() {
            self.subscriptions.tell(filters.filter(self.canSubscribe))
            self.isSettled = false
        }
        if let action = self.subscriptions.next() {
            self.expectAnswer()
            switch action {
            case .subscribe(let filters): self.awaitedPacketID = try client.subscribe(filters)
            case .unsubscribe(let filters): self.awaitedPacketID = try client.unsubscribe(filters)
            }
        }
        if !self.subscriptions.isSettled {
            self.isSettled = false
            self.context.state.setLink(.connecting)
        } else if !self.isSettled {
            self.isSettled = true
            self.context.state.setConnected()
        }
    }

    private func canSubscribe(_ filter: TopicFilter) -> Bool {
        if MosquittoClient.accepts(filter) { return true }
        if self.loggedRefusals.insert(filter).inserted {
            self.context.logger.error(
                "The MQTT library does not take this topic filter: nothing comes down for it.",
                metadata: ["filter": "\(filter)"]
            )
        }
        return false
    }

    /// Hands waiting messages to the library, as many as may be in flight.
    private func sendWaiting(_ client: MosquittoClient) throws {
        let state = self.context.state
        while let message = state.takeNextMessage() {
            do {
                let packetID = try message.payload.withUnsafeReadableBytes { payload in
                    try client.publish(
                        topic: message.topic.description,
                        payload: payload,
                        qos: CInt(message.qos.rawValue)
                    )
                }
                state.withSpool { $0.handedOver(packetID: packetID) }
            } catch let error as MosquittoError where error.isMessageAtFault {
                state.withSpool { $0.handOverFailed() }
                self.context.onDrop(message, "the MQTT library refused the message: \(error)")
            }
        }
    }

    /// Waits for the socket, a caller or a deadline, and reads what came.
    private func waitAndRead(_ client: MosquittoClient, stopDeadline: NIODeadline?) throws {
        guard let socket = client.socket else { throw ConnectionFailure(description: "the socket is closed") }
        let wakeup = self.context.state.wakeup
        let deadlines = [self.answerDeadline, self.retryRefusedAt, stopDeadline].compactMap(\.self)
        let ready = wakeup.wait(
            for: deadlines.reduce(self.keepAliveAt, min) - .now(),
            or: socket,
            isWritten: client.wantsWrite
        )
        if ready.hasRung { wakeup.silence() }
        guard ready.isSocketReadable else { return }
        for _ in 0..<readsPerBurstMax {
            self.hasReceived = false
            do { try client.read() } catch { throw self.failure ?? error }
            if let failure = self.failure { throw failure }
            if !self.hasReceived { return }
        }
    }

    private func checkClock(_ client: MosquittoClient) throws {
        let now = NIODeadline.now()
        if now >= self.keepAliveAt {
            self.keepAliveAt = now + keepAliveInterval
            try client.keepAlive()
        }
        if let deadline = self.answerDeadline, now >= deadline {
            throw ConnectionFailure(description: "the broker did not answer in time")
        }
        if let retryAt = self.retryRefusedAt, now >= retryAt {
            self.retryRefusedAt = nil
            self.subscriptions.retryRefused()
        }
    }

    private func canLeave(before deadline: NIODeadline) -> Bool {
        self.connectedAt == nil || .now() >= deadline || self.context.state.withSpool(\.isDrained)
    }

    /// Sends DISCONNECT.
    ///
    /// Whether it arrives makes no difference to us, so failures end it and nothing more.
    private func sayGoodbye(_ client: MosquittoClient) {
        let deadline = NIODeadline.now() + goodbyeMax
        try? client.disconnect()
        while client.wantsWrite, let socket = client.socket, .now() < deadline {
            guard (try? client.write()) != nil else { return }
            _ = self.context.state.wakeup.wait(
                for: deadline - .now(),
                or: socket,
                isWritten: client.wantsWrite
            )
        }
    }
}
