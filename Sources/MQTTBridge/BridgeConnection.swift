import Broker
import Glibc
import GreengrassModel
import Logging
import NIOCore
import TopicRouter

/// How many times the socket is read before what has been queued is written: enough to acknowledge bursts
/// together, and few enough that a flood from above does not hold up what goes up.
private let readsPerBurstMax = 64

/// How often libmosquitto's keep-alive is given the thread; it counts in seconds.
private let keepAliveInterval = TimeAmount.seconds(1)

/// For how long acknowledgements are held back where no ping is due ever.
private let holdMax = TimeAmount.seconds(30)

/// What a shared subscription begins with (MQTT 5, 4.8.2).
private let sharePrefix = Array("$share/".utf8)

/// How long the DISCONNECT may take to leave.
private let goodbyeMax = TimeAmount.seconds(1)

/// One connection to the broker, from CONNECT to its loss or the goodbye.
///
/// Confined to the bridge's thread, and so are the delegate's calls: they come from within `client.read` and
/// `write`.
final class BridgeConnection {
    let context: BridgeContext
    let version: MQTTVersion
    let receive: (Message) -> EventLoopFuture<Void>?
    var subscriptions: UpstreamSubscriptions

    /// When the CONNACK came; nil before.
    var connectedAt: NIODeadline?
    /// Whether the state was told that every filter has its answer, and none has been asked for since.
    var isSettled = false
    /// The SUBSCRIBE or UNSUBSCRIBE whose answer is awaited.
    var awaitedPacketID: CInt?
    /// When the CONNACK, SUBACK or UNSUBACK that is awaited must have come.
    var answerDeadline: NIODeadline?
    /// When refused filters are tried again.
    var retryRefusedAt: NIODeadline?
    var refusedBackoff: Backoff
    var randomness = SystemRandomNumberGenerator()
    /// Why filters are refused, or were.
    var refusals: [TopicFilter: String] = [:]
    /// The refused filters that have been logged.
    var loggedRefusals: Set<TopicFilter> = []
    /// Whether a message that is none for the bus has been logged.
    var hasLoggedRefusedInbound = false
    /// What a filter already has brought.
    var duplicates = DuplicateWindow()
    /// What went up at QoS 1 and was not acknowledged yet.
    var unacknowledged = UnacknowledgedPublishes()
    /// When the answer to the last ping must have come.
    var pingDeadline: NIODeadline?
    /// Whether the broker does not speak our version of MQTT.
    var isVersionRefused = false
    /// What a delegate's call found wrong with the broker; thrown when `client.read` returns.
    var failure: ConnectionFailure?
    /// Whether the last `client.read` reported anything, so that there may be more to read.
    var hasReceived = false

    /// What succeeds when subscribers keep what was read last.
    ///
    /// All of it is awaited together, so that messages which come together share a transaction.
    var durabilities: [EventLoopFuture<Void>] = []

    /// How many messages came since nothing was held.
    var heldTogetherCount = 0
    /// Whether what is held now was held for as long as may be.
    private(set) var hasGivenUpHolding = false
    /// Until when nothing is written, so that messages that are not done with stay unacknowledged.
    private var holdDeadline: NIODeadline?
    private var phase = ConnectionPhase.socket
    private var keepAliveAt: NIODeadline
    /// When the next message may go up; nil while nothing holds it back.
    private var sendAgainAt: NIODeadline?
    private var bucket: TokenBucket?

    init(
        context: BridgeContext,
        version: MQTTVersion,
        receive: @escaping (Message) -> EventLoopFuture<Void>?,
        subscriptions: UpstreamSubscriptions
    ) {
        self.context = context
        self.version = version
        self.receive = receive
        self.subscriptions = subscriptions
        self.keepAliveAt = .now() + keepAliveInterval
        self.refusedBackoff = Backoff(
            minimum: context.configuration.reconnectDelayMin,
            maximum: context.configuration.reconnectDelayMax
        )
        self.bucket = context.configuration.publishRate.map(TokenBucket.init)
    }

    /// Connects and works until the bridge is asked to stop.
    ///
    /// - Throws: `ConnectionFailure` when the connection is lost or does not come about.
    func serve() throws(ConnectionFailure) {
        var client: MosquittoClient?
        do {
            let made = try MosquittoClient(
                id: self.context.clientID,
                version: self.version,
                configuration: self.context.configuration,
                delegate: self
            )
            client = made
            try made.connect(self.context.configuration)
            try self.awaitSocket(made)
            try self.serve(made)
        } catch {
            throw self.failure ?? self.explainer(client).explain(error)
        }
    }

    private func serve(_ client: MosquittoClient) throws {
        self.expectAnswer()
        while true {
            let stopDeadline = self.context.state.answerWake()
            if let stopDeadline, self.canLeave(before: stopDeadline) {
                self.sayGoodbye(client)
                return
            }
            if self.connectedAt != nil {
                self.phase = .connected
                try self.advanceSubscriptions(client)
                try self.sendWaiting(client)
            } else {
                self.phase = client.isShakingHands ? .handshake : .connect
            }
            try self.waitAndTransfer(client, stopDeadline: stopDeadline)
            try self.checkClock(client)
        }
    }

    /// Whether messages are acknowledged when they are done with.
    var acknowledgesLate: Bool { self.context.configuration.shareGroup != nil }

    /// Whether more messages may be held with those that are: what is acknowledged together is bounded, since
    /// brokers do not all keep to what they were told.
    private var mayRead: Bool {
        self.holdDeadline == nil || self.heldTogetherCount < self.context.configuration.receiveMaximum
    }

    /// Holds acknowledgements back while messages are not done with, but not for so long that the broker
    /// misses a ping, which it awaits for one and a half of the keep-alive: then they leave, and what is
    /// still under way is this process' alone.
    private func updateHold() {
        guard self.acknowledgesLate, !self.context.state.held.isEmpty else {
            self.endHold()
            self.hasGivenUpHolding = false
            self.heldTogetherCount = 0
            return
        }
        let now = NIODeadline.now()
        if let deadline = self.holdDeadline, now >= deadline {
            self.endHold()
            self.hasGivenUpHolding = true
            self.context.state.held.giveUp()
            self.context.logger.warning(
                "Messages are acknowledged unhandled, as they take longer than a third of the keep-alive.",
                metadata: ["group": "\(self.context.configuration.shareGroup ?? "")"]
            )
        } else if self.holdDeadline == nil, !self.hasGivenUpHolding {
            let keepAlive = self.context.configuration.keepAlive
            self.holdDeadline = now + (keepAlive == .zero ? holdMax : TimeAmount(keepAlive / 3))
        }
    }

    /// Lets everything be written that was held back, so that the broker's time to answer begins now.
    private func endHold() {
        guard self.holdDeadline != nil else { return }
        self.holdDeadline = nil
        let configuration = self.context.configuration
        self.unacknowledged.restart(timeout: configuration.operationTimeout)
        if self.answerDeadline != nil { self.expectAnswer() }
        if self.pingDeadline != nil { self.pingDeadline = .now() + TimeAmount(configuration.pingTimeout) }
    }

    /// Waits until the TCP connection has come about, or the bridge is asked to stop.
    ///
    /// The library would not notice a connection that is refused before its TLS handshake begins.
    private func awaitSocket(_ client: MosquittoClient) throws {
        let deadline = NIODeadline.now() + TimeAmount(self.context.configuration.socketTimeout)
        while !client.hasPeer, self.context.state.answerWake() == nil {
            guard let socket = client.socket else { throw self.closed(client) }
            let now = NIODeadline.now()
            guard now < deadline else {
                throw ConnectionFailure(description: self.explainer(client).socketTimeoutText)
            }
            let ready = self.context.state.wakeup.wait(for: deadline - now, or: socket, isWritten: true)
            if ready.hasRung { self.context.state.wakeup.silence() }
            if ready.isSocketReadable, !client.hasPeer {
                let text = self.explainer(client).socketText(client.socketError)
                throw ConnectionFailure(description: text)
            }
        }
    }

    private func explainer(_ client: MosquittoClient?) -> FailureExplainer {
        FailureExplainer(
            configuration: self.context.configuration,
            clientID: self.context.clientID,
            phase: self.phase,
            notes: client?.notes.lines ?? [],
            verification: client?.notes.verification,
            unacknowledgedTopic: self.unacknowledged.oldestTopic?.description.quoted
        )
    }

    private func closed(_ client: MosquittoClient) -> ConnectionFailure {
        ConnectionFailure(description: self.explainer(client).closedText)
    }

    func expectAnswer() {
        self.answerDeadline = .now() + TimeAmount(self.context.configuration.operationTimeout)
    }

    /// Tells when the filters that were taken last have their answers, takes the next and sends the next
    /// change.
    private func advanceSubscriptions(_ client: MosquittoClient) throws {
        while self.subscriptions.isSettled {
            if !self.isSettled {
                self.isSettled = true
                self.context.state.setSettled(
                    refusals: self.refusals.filter { !self.subscriptions.covers($0.key) }
                )
            }
            guard let filters = self.context.state.takeNewFilters() else { break }
            self.want(filters)
        }
        if let action = self.subscriptions.next() {
            self.expectAnswer()
            switch action {
            case .subscribe(let filters, let identifier):
                self.awaitedPacketID = try client.subscribe(
                    filters.compactMap(self.upstream),
                    identifier: identifier,
                    hasNoLocal: self.context.configuration.hasNoLocal
                )
            case .unsubscribe(let filters):
                self.duplicates.clear()
                self.awaitedPacketID = try client.unsubscribe(filters.compactMap(self.upstream))
            }
        }
    }

    /// Has `filters` subscribed from now on.
    func want(_ filters: Set<TopicFilter>) {
        self.refusals = self.refusals.filter { filters.contains($0.key) }
        self.subscriptions.tell(filters.filter(self.canSubscribe))
        self.isSettled = false
    }

    /// The filter as the broker is told it: which filters cover each other shows only without the group.
    ///
    /// Nil when it is too long with the group.
    func upstream(_ filter: TopicFilter) -> TopicFilter? {
        guard let group = self.context.configuration.shareGroup else { return filter }
        return try? TopicFilter("$share/\(group)/\(filter)")
    }

    private func canSubscribe(_ filter: TopicFilter) -> Bool {
        let reason: String
        if self.upstream(filter).map(MosquittoClient.accepts) != true {
            reason = "it is too long, or has control characters, which the MQTT library does not take"
        } else if self.context.configuration.hasIoTCoreTopics, let problem = IoTCoreTopic.problem(of: filter)
        {
            reason = problem
        } else if filter.utf8.starts(with: sharePrefix) {
            reason = "only event sources share: messages would be taken from the group and match nothing"
        } else {
            return true
        }
        self.refusals[filter] = reason
        if self.loggedRefusals.insert(filter).inserted {
            self.context.logger.error(
                "This topic filter can't be subscribed: nothing comes down for it.",
                metadata: ["filter": "\(filter)", "reason": "\(reason)"]
            )
        }
        return false
    }

    /// Hands waiting messages to the library, as many as may be in flight and as fast as they may go.
    private func sendWaiting(_ client: MosquittoClient) throws {
        let state = self.context.state
        self.sendAgainAt = nil
        while true {
            self.sendAgainAt = self.bucket?.nextTime(now: .now())
            guard self.sendAgainAt == nil, let message = state.takeNextMessage() else { return }
            let now = WallClock.millisecondsSinceEpoch()
            guard message.properties?.secondsToExpiry(atMilliseconds: now) != 0 else {
                state.withSpool { $0.handOverFailed() }
                self.context.onDrop(message, "its message expiry interval was over before it could be sent")
                continue
            }
            do {
                let packetID = try client.publish(message, millisecondsSinceEpoch: now)
                self.bucket?.take(byteCount: message.payload.readableBytes)
                state.withSpool { $0.handedOver(packetID: packetID) }
                if message.qos == .atLeastOnce {
                    self.unacknowledged.sent(
                        packetID,
                        topic: message.topic,
                        timeout: self.context.configuration.operationTimeout
                    )
                }
            } catch let error as MosquittoError where error.isMessageAtFault {
                state.withSpool { $0.handOverFailed() }
                self.context.onDrop(message, "the MQTT library refused the message: \(error)")
            }
        }
    }

    /// Waits for the socket, a caller or a deadline, reads what came and writes what is queued.
    ///
    /// Reading comes first: a broker that gives a connection up says why, and the library throws that away
    /// when it finds that it can't write any more.
    private func waitAndTransfer(_ client: MosquittoClient, stopDeadline: NIODeadline?) throws {
        self.updateHold()
        guard let socket = client.socket else { throw self.closed(client) }
        let wakeup = self.context.state.wakeup
        let ready = wakeup.wait(
            for: self.nextDeadline(stopDeadline) - .now(),
            or: socket,
            isRead: self.mayRead,
            isWritten: client.wantsWrite && self.holdDeadline == nil
        )
        if ready.hasRung { wakeup.silence() }
        if ready.isSocketReadable {
            try self.read(client)
            // Until the broker has accepted us, what it sends may be its last words.
            guard self.connectedAt != nil else { return }
        }
        self.updateHold()
        if client.wantsWrite, self.holdDeadline == nil { try client.write() }
    }

    private func nextDeadline(_ stopDeadline: NIODeadline?) -> NIODeadline {
        var next = self.keepAliveAt
        func consider(_ deadline: NIODeadline?) {
            if let deadline, deadline < next { next = deadline }
        }
        if self.holdDeadline == nil {
            consider(self.answerDeadline)
            consider(self.unacknowledged.deadline)
            consider(self.pingDeadline)
        }
        consider(self.retryRefusedAt)
        consider(self.sendAgainAt)
        consider(self.holdDeadline)
        consider(stopDeadline)
        return next
    }

    private func read(_ client: MosquittoClient) throws {
        // The library may overlook the end of a connection that ends before its TLS handshake does.
        let isAtEnd = self.connectedAt == nil && client.isAtEnd
        for _ in 0..<readsPerBurstMax {
            self.hasReceived = false
            try client.read()
            if let failure = self.failure { throw failure }
            guard self.hasReceived, self.mayRead else { break }
        }
        // Before the acknowledgements are written.
        for durability in self.durabilities { try? durability.wait() }
        self.durabilities.removeAll()
        if isAtEnd { throw self.closed(client) }
    }

    private func checkClock(_ client: MosquittoClient) throws {
        let now = NIODeadline.now()
        if now >= self.keepAliveAt {
            self.keepAliveAt = now + keepAliveInterval
            try client.keepAlive()
        }
        // What is held back can't be answered.
        if self.holdDeadline == nil { try self.checkAnswers(client, now) }
        if let retryAt = self.retryRefusedAt, now >= retryAt {
            self.retryRefusedAt = nil
            self.subscriptions.retryRefused()
            self.isSettled = false
        }
    }

    /// Sees that the broker answers requests, messages and pings.
    private func checkAnswers(_ client: MosquittoClient, _ now: NIODeadline) throws {
        if let deadline = self.answerDeadline, now >= deadline {
            throw ConnectionFailure(
                description: self.explainer(client).answerTimeoutText(to: "a subscription")
            )
        }
        if let deadline = self.unacknowledged.deadline, now >= deadline {
            throw ConnectionFailure(description: self.explainer(client).answerTimeoutText(to: "a message"))
        }
        if let deadline = self.pingDeadline, now >= deadline {
            throw ConnectionFailure(description: self.explainer(client).silenceText)
        }
    }

    private func canLeave(before deadline: NIODeadline) -> Bool {
        self.connectedAt == nil || .now() >= deadline || self.context.state.withSpool(\.isDrained)
    }

    /// Sends DISCONNECT.
    ///
    /// Whether it arrives makes no difference to us, so failures end it and nothing more.
    private func sayGoodbye(_ client: MosquittoClient) {
        // It would leave after the acknowledgements that are held back.
        guard self.holdDeadline == nil else { return }
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
