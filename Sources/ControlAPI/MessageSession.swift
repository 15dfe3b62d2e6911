internal import Broker
internal import FoundationEssentials
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import TopicRouter

/// Somebody at the command line who listens to one filter: a subscriber with a bounded buffer.
///
/// A session that is too slow loses messages, and is told how many; nobody waits for it.
final class MessageSession: Subscriber {
    /// How many messages wait to be written at most; with the cloud's limit of 128 KiB each, 32 MiB.
    private static let waitingCountMax = 256

    /// What happens in a session.
    enum Event: Sendable {
        case subscribed(isConnected: Bool)
        case message(Message)
        case dropped(count: Int)

        /// The line for it.
        var streamed: StreamedMessage {
            switch self {
            case .subscribed(let isConnected):
                .subscribed(isConnected: isConnected)
            case .dropped(let count):
                .dropped(count: count)
            case .message(let message):
                .message(
                    topic: message.topic.description,
                    payload: Data(message.payload.readableBytesView).base64EncodedString()
                )
            }
        }
    }

    let name = "command line"
    /// What happens, until `end`.
    let events: AsyncStream<Event>

    private let continuation: AsyncStream<Event>.Continuation
    private let broker: Broker
    private let droppedCount = NIOLockedValueBox(0)
    private let id = NIOLockedValueBox<SubscriberID?>(nil)

    /// Subscribes at once.
    init(broker: Broker, filter: TopicFilter, bus: BusID) {
        (events, continuation) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.waitingCountMax)
        )
        self.broker = broker
        let id = broker.add(self)
        self.id.withLockedValue { $0 = id }
        broker.subscribe(id, to: filter, on: bus)
    }

    /// Tells that messages do arrive.
    func announce() {
        continuation.yield(.subscribed(isConnected: true))
    }

    /// Tells once messages do arrive, and before that when the link is down: the filter may be on its way up
    /// still.
    func announceConnection(of uplink: any CloudLink) {
        if uplink.state == .disconnected {
            continuation.yield(.subscribed(isConnected: false))
        }
        uplink.whenConnected().whenSuccess { [continuation] in
            continuation.yield(.subscribed(isConnected: true))
        }
    }

    /// Unsubscribes and ends `events`.
    ///
    /// May be called more than once.
    func end() {
        let id = id.withLockedValue { id in
            defer { id = nil }
            return id
        }
        if let id {
            broker.remove(id)
        }
        continuation.finish()
    }

    func reserve(for message: Message) -> Reservation { .ok }

    func commit(_ message: Message) -> EventLoopFuture<Void>? {
        droppedCount.withLockedValue { dropped in
            if dropped > 0, case .enqueued = continuation.yield(.dropped(count: dropped)) {
                dropped = 0
            }
            if case .dropped = continuation.yield(.message(message)) {
                dropped += 1
            }
        }
        return nil
    }

    func cancel(_ message: Message) {}
}
