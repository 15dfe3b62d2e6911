internal import Broker
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Messages that other threads publish, on their way to the streams of the event loop.
///
/// The loop takes them out at its next turn, so the queue fills only while the loop is held up.
final class DeliveryQueue: Sendable {
    private static let countMax = 100_000
    private static let bytesMax = 64 * 1024 * 1024

    private struct Waiting {
        var deliveries: [(stream: TopicStream, message: Message)] = []
        var byteCount = 0
        /// How many had no room.
        var lostCount = 0
        var isScheduled = false
    }

    private let eventLoop: any EventLoop
    private let waiting = NIOLockedValueBox(Waiting())

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Brings `message` to `stream`, if there is room.
    func append(_ message: Message, to stream: TopicStream) {
        let isFirst = waiting.withLockedValue { waiting in
            let byteCount = waiting.byteCount + message.byteCount
            guard waiting.deliveries.count < Self.countMax, byteCount <= Self.bytesMax else {
                waiting.lostCount += 1
                return false
            }
            waiting.deliveries.append((stream, message))
            waiting.byteCount = byteCount
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if isFirst {
            eventLoop.execute { self.deliver() }
        }
    }

    /// Gives the streams what waits now; runs on the event loop.
    private func deliver() {
        let (deliveries, lostCount) = waiting.withLockedValue { waiting in
            defer { waiting = Waiting() }
            return (waiting.deliveries, waiting.lostCount)
        }
        var last: (stream: TopicStream, message: Message)?
        for (stream, message) in deliveries {
            let isSame = last.map { $0.stream.form == stream.form && $0.message.isSame(as: message) } ?? false
            stream.deliver(message, isSameAsLast: isSame)
            last = (stream, message)
        }
        if lostCount > 0 {
            last?.stream.didLoseOnTheWay(lostCount)
        }
        last?.stream.endBurst()
    }
}

extension Message {
    /// Whether the two are one publish: `other` has not only the same bytes, but in the same memory.
    fileprivate func isSame(as other: Message) -> Bool {
        payload.isSameMemory(as: other.payload) && isJSON == other.isJSON && topic == other.topic
            && properties == other.properties
    }
}

extension ByteBuffer {
    fileprivate func isSameMemory(as other: ByteBuffer) -> Bool {
        withUnsafeReadableBytes { bytes in
            other.withUnsafeReadableBytes { bytes.baseAddress == $0.baseAddress && bytes.count == $0.count }
        }
    }
}
