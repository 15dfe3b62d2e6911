internal import NIOConcurrencyHelpers
internal import NIOCore

/// Publishes on the bus `local` what it takes: later, on its event loop, since a subscriber must not publish
/// while it is published to.
final class LocalRelay: Subscriber {
    /// As a function's queue has them by default.
    private static let countMax = 1_000
    private static let bytesMax = 64 * 1024 * 1024

    private struct Queue {
        var messages = CircularBuffer<Message>()
        var bytes = 0
        /// Reserved and waiting.
        var count = 0
        var isScheduled = false
    }

    let name: String
    private let broker: Broker
    private let eventLoop: any EventLoop
    /// Made on the loop that uses it.
    private let publisher: NIOLoopBoundBox<Publisher?>
    private let queue = NIOLockedValueBox(Queue())

    init(name: String, broker: Broker, eventLoop: any EventLoop) {
        self.name = name
        self.broker = broker
        self.eventLoop = eventLoop
        publisher = .makeEmptyBox(eventLoop: eventLoop)
    }

    func reserve(for message: Message) -> Reservation {
        queue.withLockedValue { queue in
            guard queue.count < Self.countMax else { return .full("\(Self.countMax) messages wait") }
            guard queue.bytes + message.byteCount <= Self.bytesMax else {
                return .full("\(Self.bytesMax) bytes wait")
            }
            queue.count += 1
            queue.bytes += message.byteCount
            return .ok
        }
    }

    func commit(_ message: Message) -> EventLoopFuture<Void>? {
        let isFirst = queue.withLockedValue { queue in
            queue.messages.append(message)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if isFirst {
            eventLoop.execute { self.publish() }
        }
        return nil
    }

    func cancel(_ message: Message) {
        queue.withLockedValue { Self.release(message, &$0) }
    }

    /// Publishes what waits now; runs on the event loop.
    private func publish() {
        let messages = queue.withLockedValue { queue in
            queue.isScheduled = false
            for message in queue.messages {
                Self.release(message, &queue)
            }
            defer { queue.messages = CircularBuffer() }
            return queue.messages
        }
        let publisher = publisher.value ?? broker.makePublisher()
        self.publisher.value = publisher
        for message in messages {
            _ = publisher.publish(message, on: .local)
        }
    }

    private static func release(_ message: Message, _ queue: inout Queue) {
        queue.count -= 1
        queue.bytes -= message.byteCount
    }
}
