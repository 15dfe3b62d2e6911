internal import Broker
internal import FoundationEssentials
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import Synchronization
internal import TopicRouter

/// Somebody at the command line who listens to one filter: a subscriber with a bounded buffer.
///
/// A session that is too slow loses messages, and is told how many; nobody waits for it.
final class MessageSession: Subscriber {
    /// How many messages wait to be written at most.
    private static let waitingCountMax = 256
    /// How many bytes wait at most.
    ///
    /// As many payloads of the cloud's limit, 128 KiB; on the local bus one may have 6 MiB.
    private static let waitingBytesMax = 32 * 1024 * 1024

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
                    payload: Data(message.payload.readableBytesView).base64EncodedString(),
                    hops: message.hops,
                    properties: message.properties
                )
            }
        }
    }

    private struct Waiting {
        var byteCount = 0
        var droppedCount = 0
    }

    /// No two sessions share it, so that what one missed is not sent to another.
    let name: String
    /// What happens, until `end`.
    let events: AsyncStream<Event>

    private static let sessionCount = Atomic<UInt64>(0)

    private let continuation: AsyncStream<Event>.Continuation
    private let broker: Broker
    private let waiting = NIOLockedValueBox(Waiting())
    private let id = NIOLockedValueBox<SubscriberID?>(nil)

    /// Subscribes at once.
    init(broker: Broker, filter: TopicFilter, bus: BusID) {
        (events, continuation) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.waitingCountMax)
        )
        self.broker = broker
        name = "command line session \(Self.sessionCount.add(1, ordering: .relaxed).newValue)"
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
        let byteCount = message.byteCount
        waiting.withLockedValue { waiting in
            guard waiting.byteCount + byteCount <= Self.waitingBytesMax else {
                waiting.droppedCount += 1
                return
            }
            if waiting.droppedCount > 0,
                case .enqueued = continuation.yield(.dropped(count: waiting.droppedCount))
            {
                waiting.droppedCount = 0
            }
            if case .enqueued = continuation.yield(.message(message)) {
                waiting.byteCount += byteCount
            } else {
                waiting.droppedCount += 1
            }
        }
        return nil
    }

    /// `event` was taken from `events` and is written.
    func didWrite(_ event: Event) {
        guard case .message(let message) = event else { return }
        waiting.withLockedValue { $0.byteCount -= message.byteCount }
    }

    func cancel(_ message: Message) {}
}
