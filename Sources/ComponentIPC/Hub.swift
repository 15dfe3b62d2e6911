internal import Broker
internal import Components
internal import Logging
internal import NIOCore
internal import Synchronization

/// What the connections of the server share; all of it belongs to the one event loop that serves them.
final class Hub {
    let services: ComponentServices
    /// The same as in `services`: asked for every message.
    let policies: AccessPolicies
    let limits: ComponentIPCLimits
    let eventLoop: any EventLoop
    let publisher: Publisher
    let deliveries: DeliveryQueue
    @exclusivity(unchecked) var encoder = EventEncoder()
    /// What the last request consists of.
    @exclusivity(unchecked) var tape = JSONTape()
    /// What is being received in long messages, in bytes.
    @exclusivity(unchecked) var receivedByteCount = 0
    /// What waits to be sent, in bytes.
    @exclusivity(unchecked) var queuedByteCount = 0

    private let lostMessages: LostMessages
    @exclusivity(unchecked) private var unsent: [Session] = []
    @exclusivity(unchecked) private var sending: [Session] = []
    private var unknown = CircularBuffer<ConnectionHandler>()
    private var lastSparing = NIODeadline.uptimeNanoseconds(0)
    private var hiddenCount = 0

    init(
        services: ComponentServices,
        limits: ComponentIPCLimits,
        eventLoop: any EventLoop,
        lostMessages: LostMessages
    ) {
        self.services = services
        policies = services.policies
        self.limits = limits
        self.eventLoop = eventLoop
        self.lostMessages = lostMessages
        publisher = services.broker.makePublisher()
        deliveries = DeliveryQueue(eventLoop: eventLoop)
    }

    /// How many functions the message that `caller` is handling has passed through; 0 for who is no function.
    func hops(of caller: SessionIdentity) -> Int {
        caller.functionOrigin == nil ? 0 : services.hops(caller.identity)
    }

    /// How many messages were lost to clients that did not read in time.
    var lostMessageCount: Int { lostMessages.count.load(ordering: .relaxed) }

    /// Messages were lost to clients that do not read in time, or to an event loop that was held up.
    func didLose(_ count: Int) {
        lostMessages.count.add(count, ordering: .relaxed)
    }

    /// How much a client may have to read and still ask for more; little, when all together have much.
    var unreadBytesMax: Int {
        queuedByteCount <= limits.allQueuesBytesMax / 2 ? limits.unreadBytesMax : limits.ownQueueBytes
    }

    /// A connection is there, and nobody knows whose.
    func add(unknown connection: ConnectionHandler) {
        unknown.append(connection)
        while let first = unknown.first, !first.isUnknown || unknown.count > limits.unknownCountMax {
            unknown.removeFirst()
            if first.isUnknown {
                first.close()
            }
        }
    }

    /// Writes a warning to the log that anybody could cause again and again: one a second, with a count of
    /// the others.
    func logSparingly(_ message: @autoclosure () -> String) {
        let now = NIODeadline.now()
        guard now - lastSparing >= .seconds(1) else { return hiddenCount += 1 }
        lastSparing = now
        let others = hiddenCount > 0 ? " (and \(hiddenCount) more like this since the last)" : ""
        hiddenCount = 0
        services.logger.warning("\(message())\(others)")
    }

    /// A session has something to be sent: at the end of this burst.
    func noteUnsent(_ session: Session) {
        unsent.append(session)
    }

    /// Something is to be delivered; when no burst of a connection has led to it, its own ends at once.
    ///
    /// The event loop serves others, too, such as functions that publish.
    func willDeliver() {
        guard unsent.isEmpty else { return }
        eventLoop.assumeIsolated().execute { self.sendAll() }
    }

    /// Ends a burst: everything that waits is sent, with one write for each client.
    func sendAll() {
        guard !unsent.isEmpty else { return }
        swap(&unsent, &sending)
        for session in sending {
            session.sendWaiting()
        }
        sending.removeAll(keepingCapacity: true)
    }
}
