internal import Broker
internal import GreengrassModel
internal import NIOCore
internal import TopicRouter

/// A stream of a component that is subscribed to a topic filter: events go out on it.
///
/// Nobody waits for it: what its client does not read in time is lost, counted, and told in the log.
final class TopicStream: Subscriber, @unchecked Sendable {
    // Sendable is unchecked because of the session, and of what is a variable here: both are touched on the
    // event loop only. Checks at every access would take longer than what is done there.

    let form: EventEncoder.Form
    private let componentName: String
    private let streamID: Int32
    private let filter: TopicFilter
    private let bus: BusID
    /// The publisher whose messages it does not get, with the function that it is.
    private let ignored: (component: Origin, function: Origin?)?
    private let broker: Broker
    private let deliveries: DeliveryQueue
    private let eventLoop: any EventLoop
    private let session: Session
    /// Its id in the broker, while it is subscribed.
    private var id: SubscriberID?
    /// Whether the response is sent.
    @exclusivity(unchecked) private(set) var isBegun = false
    /// What came before that.
    private var held: [Message] = []
    private var heldByteCount = 0

    /// So many messages are held until the response is sent.
    private static let heldCountMax = 1_000
    private static let heldBytesMax = 1024 * 1024

    init(
        _ session: Session,
        _ identity: SessionIdentity,
        streamID: Int32,
        filter: TopicFilter,
        bus: BusID,
        ignoresOwn: Bool
    ) {
        form = bus == .cloud ? .ioTCore : .subscriptionResponse
        componentName = identity.componentName
        self.streamID = streamID
        self.filter = filter
        self.bus = bus
        ignored = ignoresOwn ? (identity.origin, identity.functionOrigin) : nil
        broker = session.hub.services.broker
        deliveries = session.hub.deliveries
        eventLoop = session.hub.eventLoop
        self.session = session
    }

    var name: String { "component \(componentName), subscribed to \(filter)" }

    /// Subscribes; events come from now on, and are held until `begin`.
    ///
    /// - Returns: What ends it.
    func subscribe() -> () -> Void {
        let id = broker.add(self)
        self.id = id
        broker.subscribe(id, to: filter, on: bus)
        return { self.end() }
    }

    /// The response is sent: events may follow.
    func begin() {
        let held = held
        self.held = []
        heldByteCount = 0
        isBegun = true
        for message in held {
            deliver(message)
        }
    }

    private func end() {
        guard let id else { return }
        self.id = nil
        broker.unsubscribe(id, from: filter, on: bus)
        broker.remove(id)
    }

    func reserve(for message: Message) -> Reservation { .ok }

    func cancel(_ message: Message) {}

    func commit(_ message: Message) -> EventLoopFuture<Void>? {
        if let ignored, message.origin == ignored.component || message.origin == ignored.function {
            return nil
        }
        if eventLoop.inEventLoop {
            session.hub.willDeliver()
            deliver(message)
        } else {
            deliveries.append(message, to: self)
        }
        return nil
    }

    /// Puts an event into the outbox, which is that of the delivery before when it is the same message; on
    /// the event loop.
    func deliver(_ message: Message, isSameAsLast: Bool) {
        if !isSameAsLast {
            session.hub.encoder.begin()
        }
        deliver(message)
    }

    /// Puts an event into the outbox; on the event loop.
    func deliver(_ message: Message) {
        if isBegun {
            session.deliver(message, form, on: streamID, of: filter)
        } else if held.count < Self.heldCountMax, heldByteCount + message.byteCount <= Self.heldBytesMax {
            held.append(message)
            heldByteCount += message.byteCount
        } else {
            session.didLose(oneOf: filter.description)
        }
    }

    /// So many messages had no room on the way to the event loop, which was held up.
    func didLoseOnTheWay(_ count: Int) {
        session.hub.didLose(count)
        session.hub.logSparingly("the IPC was held up: \(count) messages for components are lost")
    }

    /// Sends what was delivered; on the event loop.
    func endBurst() {
        session.hub.encoder.end()
        session.hub.sendAll()
    }
}
