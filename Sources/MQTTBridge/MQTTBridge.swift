package import Broker
package import GreengrassModel
package import Logging
package import NIOCore
import Store
package import TopicRouter

/// How long the shutdown waits for the thread beyond its grace: a name look-up may hold the thread for
/// longer.
private let threadEndMax = TimeAmount.seconds(1)

/// Carries the uplink and the cloud bus over MQTT 5 or 3.1.1.
///
/// A thread of its own holds the connection, and further ones hold those that more filters need than one
/// connection may have. Publishers on any thread append to a bounded spool, which another thread keeps in a
/// file if there is to be one; what comes down is published on the bus `cloud` by the function that
/// `makeReceiver` returns, and acknowledged to the broker only when every subscriber keeps it.
///
/// `start` is called once, and then `shutdown` before the last reference goes: the thread lives until it is
/// told to end.
package final class MQTTBridge: CloudLink {
    /// What logs and dead letters call it.
    package let name: String

    let context: BridgeContext
    private let further: FurtherConnections
    private let eventLoop: any EventLoop
    private let run: @Sendable (BridgeContext) throws -> Void
    /// Why the spool is in memory though it should be in a file.
    let spoolProblem: String?

    /// How many messages were in the spool's file when it was opened.
    package let restoredCount: Int

    /// Makes a bridge that does nothing before `start`.
    ///
    /// - Parameters:
    ///   - name: What logs and dead letters call it.
    ///   - configuration: where the broker is, and the limits.
    ///   - eventLoop: the loop of the futures that the bridge returns.
    ///   - logger: takes one record for each change of the connection.
    ///   - observer: is told on the bridge's thread of each message of QoS 1 that the broker acknowledged.
    ///   - onDrop: takes each message that was committed and will never be sent, with the reason. Called on a
    ///     publisher's thread, the bridge's, the spool writer's or the one that shuts down; must neither
    ///     block nor call the bridge.
    ///   - makeReceiver: called once on each connection's thread. What it returns is called there for each
    ///     message that came down, and returns what succeeds when every subscriber keeps the message as it
    ///     promises, or nil when all do already. The thread waits for that.
    /// - Throws: `IOError` when the process has no file descriptor or thread left. A spool's file that can't
    ///   be used is no error: the log and the spool's status tell.
    package init(
        name: String = "cloud",
        configuration: MQTTBridgeConfiguration,
        eventLoop: any EventLoop,
        logger: Logger,
        observer: (any TrafficObserver)? = nil,
        onDrop: @escaping @Sendable (Message, String) -> Void,
        makeReceiver: @escaping @Sendable () -> ((Message) -> EventLoopFuture<Void>?)
    ) throws {
        let opened = OpenedSpool(configuration, logger)
        self.context = BridgeContext(
            configuration: configuration,
            clientID: configuration.clientID,
            state: try BridgeState(spool: opened.spool, eventLoop: eventLoop),
            logger: logger,
            observer: observer,
            onDrop: onDrop
        )
        self.name = name
        self.eventLoop = eventLoop
        self.run = { context in
            try BridgeThread.start {
                BridgeLoop(context: context, receive: makeReceiver()).run()
                context.state.threadEnds()
            }
        }
        self.further = FurtherConnections(beside: self.context, on: eventLoop, run: self.run)
        self.spoolProblem = opened.problem
        self.restoredCount = opened.spool.count
        if let file = opened.file, let path = configuration.spoolPath {
            try BridgeThread.start { [context] in
                SpoolWriter(path: path, file: file, context: context).run()
            }
            self.context.state.writerStarts()
        }
    }

    /// Where the link stands; `disconnected` before `start` and after `shutdown`.
    ///
    /// It is connected when every connection is.
    package var state: CloudLinkState {
        let state = self.context.state.link
        guard state == .connected, !self.further.all.allSatisfy({ $0.state.link == .connected }) else {
            return state
        }
        return .connecting
    }

    /// Why there is no connection, in words that a person can act on; nil while there is one, and before the
    /// first attempt has failed.
    package var problem: String? {
        if let problem = self.context.state.problem { return problem }
        for connection in self.further.all {
            if let problem = connection.state.problem { return "\(connection.clientID): \(problem)" }
        }
        return nil
    }

    /// How many messages came down that are none for the bus: too large, or with a topic that is none.
    package var refusedInboundCount: Int {
        self.connections.reduce(0) { $0 + $1.state.refusedInboundCount }
    }

    private var connections: [BridgeContext] { [self.context] + self.further.all }

    /// Starts the thread, which connects and stays connected.
    ///
    /// A second call does nothing.
    ///
    /// - Throws: `IOError` when the system gives no thread.
    package func start() throws {
        guard self.context.state.shouldStartThread() else { return }
        do {
            try self.run(self.context)
        } catch {
            self.context.state.threadEnds()
            throw error
        }
        self.further.start()
    }

    /// Ends the connection: refuses new messages at once, and sends what waits for at most `grace` if there
    /// is a connection.
    ///
    /// What could not be sent stays in the spool's file, or goes to `onDrop` if there is none. Returns at
    /// most 5 s after the grace, but for a disk that takes longer: a thread that a name look-up still holds
    /// then is left alone. It touches nothing but its own state any more, and ends when the look-up returns.
    package func shutdown(grace: Duration) async {
        let grace = TimeAmount(grace)
        let deadline = NIODeadline.now() + grace
        self.context.state.stop(before: deadline)
        self.further.stop(before: deadline)
        let states = self.connections.map(\.state)
        let timer = self.eventLoop.scheduleTask(in: grace + threadEndMax) {
            for state in states { state.releaseEndWaiters() }
        }
        for state in states { await withCheckedContinuation { state.whenThreadEnded($0) } }
        timer.cancel()
        for connection in self.further.all { _ = connection.state.close() }
        var lost = self.context.state.close()
        await self.context.state.stopWriter()
        lost += self.context.state.withSpool { $0.takeUnwritten() }
        for message in lost {
            self.context.onDrop(message, "the bridge was shut down before the message was sent")
        }
    }

    /// Fetches what the bus `cloud` wants from now on: the broker is told the fewest filters that cover
    /// `filters`.
    package func cloudFiltersDidChange(_ filters: Set<TopicFilter>) {
        self.further.tell(filters)
    }

    /// Succeeds, on the bridge's event loop, once the link is connected with every filter told so far.
    ///
    /// Fails with `BridgeClosedError` when the bridge is shut down first.
    package func whenConnected() -> EventLoopFuture<Void> {
        let futures = self.connections.map { $0.state.whenConnected() }
        return EventLoopFuture.andAllSucceed(futures, on: self.eventLoop)
    }

    /// Succeeds, on the bridge's event loop, once the broker has acknowledged a filter that covers `filter`.
    ///
    /// Fails with the reason when it refused that, when `filter` can't be asked for, and as `whenConnected`.
    package func whenSubscribed(to filter: TopicFilter) -> EventLoopFuture<Void> {
        guard let state = self.connections.lazy.map(\.state).first(where: { $0.has(filter) }) else {
            let failure = ConnectionFailure(description: "there are too many topic filters")
            return self.eventLoop.makeFailedFuture(failure)
        }
        return state.whenConnected().flatMapThrowing {
            if let reason = state.refusal(of: filter) { throw ConnectionFailure(description: reason) }
        }
    }

    /// Tells of the connection that sends; further ones only receive.
    package func observeConnection(
        _ onChange: @escaping @Sendable (_ isConnected: Bool) -> Void
    ) -> () -> Void {
        self.context.state.observe(onChange)
    }

    /// Keeps room in the spool for `message`.
    ///
    /// Refused is a message that the broker would never take. Full is told by the limit that is reached.
    /// Gone is for QoS 0 without a connection, and for a bridge that shuts down.
    package func reserve(for message: Message) -> Reservation {
        self.context.reserve(for: message, under: SpoolPolicy())
    }

    /// Puts `message` into the spool.
    ///
    /// - Returns: nil when the memory is all that is promised; with a file, what succeeds once a message of
    ///   QoS 1 is on the disk, or in memory because the disk fails.
    package func commit(_ message: Message) -> EventLoopFuture<Void>? {
        self.context.commit(message, under: SpoolPolicy())
    }

    /// Gives the room for `message` back.
    package func cancel(_ message: Message) {
        self.context.state.cancel(message)
    }

    /// The same way up, for messages that wait under `policy`.
    package func subscriber(under policy: SpoolPolicy) -> any Subscriber {
        PolicyUplink(name: self.name, policy: policy, context: self.context)
    }

    /// What waits; for a group that shares messages nothing ever goes up.
    package var spool: (any Spool)? { self.context.configuration.shareGroup == nil ? self : nil }
}
