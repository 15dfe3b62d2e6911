import Broker
import NIOCore
import TopicRouter

/// The longest topic that AWS IoT Core takes, in bytes.
///
/// What is longer counts as payload, so that topics can't fill
/// the memory.
private let topicBytesFree = 256

/// The messages on their way up, and the rule for a full spool: QoS 0 goes first, oldest first; QoS 1 stays,
/// and the new message is refused.
///
/// Holds no connection and no lock. A message is reserved, waits, is in flight once the MQTT library has it,
/// and leaves when the broker acknowledged it (QoS 1) or the socket took it (QoS 0).
struct UplinkSpool {
    private struct Entry {
        /// Its place in the order of commits.
        let sequence: UInt64
        let message: Message
        /// What the library called it; nil until it is handed over.
        var packetID: CInt?
    }

    private enum Phase {
        case accepting, draining, closed
    }

    /// The most payload bytes, reserved, waiting and in flight.
    let bytesMax: Int
    /// The largest payload of one message, in bytes.
    let messageBytesMax: Int
    /// The most messages, reserved, waiting and in flight: a full spool of payloads no longer than the
    /// longest topic.
    let countMax: Int
    /// The most messages that the library holds.
    let inFlightMax: Int

    /// Whether the broker accepted the connection.
    ///
    /// QoS 0 is not kept while it did not.
    private(set) var isOnline = false
    private var phase = Phase.accepting

    private var bytes = 0
    private var count = 0
    private var nextSequence: UInt64 = 0

    // The waiting messages, a queue for each QoS, so that the oldest of QoS 0 is found at once; the sequence
    // tells which of the two fronts is older.
    private var atMostOnce = CircularBuffer<Entry>()
    private var atMostOnceBytes = 0
    private var atLeastOnce = CircularBuffer<Entry>()
    /// In the order in which they were handed over.
    private var inFlight: [Entry] = []

    init(bytesMax: Int, messageBytesMax: Int, inFlightMax: Int) {
        self.bytesMax = bytesMax
        self.messageBytesMax = messageBytesMax
        self.countMax = max(1, bytesMax / topicBytesFree)
        self.inFlightMax = inFlightMax
    }

    /// Whether nothing waits and nothing is in flight.
    var isDrained: Bool {
        self.inFlight.isEmpty && self.atMostOnce.isEmpty && self.atLeastOnce.isEmpty
    }

    /// Whether the library may be given one more message.
    var hasRoomInFlight: Bool { self.inFlight.count < self.inFlightMax }

    /// Keeps room for `message`, at the cost of the oldest messages of QoS 0.
    ///
    /// - Returns: the answer to the publisher, and the messages that were dropped to make room.
    mutating func reserve(for message: Message) -> (answer: Reservation, dropped: [Message]) {
        guard self.phase == .accepting else { return (.gone("the bridge is shutting down"), []) }
        guard self.isOnline || message.qos != .atMostOnce else {
            return (.gone("there is no connection to the broker, and QoS 0 messages do not wait for one"), [])
        }
        let payloadBytes = message.payload.readableBytes
        guard payloadBytes <= self.messageBytesMax else {
            return (
                .gone(
                    "the payload has \(payloadBytes) bytes; maxMessageSizeInBytes is \(self.messageBytesMax)"
                ), []
            )
        }
        let size = message.spoolBytes
        guard self.bytes - self.atMostOnceBytes + size <= self.bytesMax else {
            return (.full("spooler.maxSizeInBytes \(self.bytesMax)"), [])
        }
        guard self.count - self.atMostOnce.count < self.countMax else {
            return (.full("the spool's limit of \(self.countMax) messages"), [])
        }
        var dropped: [Message] = []
        while self.bytes + size > self.bytesMax || self.count >= self.countMax {
            guard let oldest = self.popAtMostOnce() else { break }
            self.release(oldest.message)
            dropped.append(oldest.message)
        }
        self.bytes += size
        self.count += 1
        return (.ok, dropped)
    }

    /// Puts `message` last, in the room that was kept for it.
    ///
    /// - Returns: nil, or why the message can't be kept after all because the bridge went offline or closed
    ///   meanwhile.
    mutating func commit(_ message: Message) -> String? {
        guard self.phase != .closed else { return "the bridge was shut down" }
        guard self.isOnline || message.qos != .atMostOnce else {
            self.release(message)
            return "the connection to the broker was lost, and QoS 0 messages do not wait for the next"
        }
        let entry = Entry(sequence: self.nextSequence, message: message, packetID: nil)
        self.nextSequence += 1
        switch message.qos {
        case .atMostOnce:
            self.atMostOnce.append(entry)
            self.atMostOnceBytes += message.spoolBytes
        case .atLeastOnce:
            self.atLeastOnce.append(entry)
        }
        return nil
    }

    /// Gives the room that was kept for `message` back.
    mutating func cancel(_ message: Message) {
        if self.phase != .closed { self.release(message) }
    }

    /// The broker accepted a connection.
    mutating func connected() {
        self.isOnline = true
    }

    /// The oldest message that waits, which is in flight from now on; nil when the window is full or nothing
    /// waits.
    ///
    /// Exactly one of `handedOver` and `handOverFailed` follows, or `disconnected`.
    mutating func takeNext() -> Message? {
        guard self.hasRoomInFlight else { return nil }
        let isAtMostOnceOlder =
            switch (self.atMostOnce.first, self.atLeastOnce.first) {
            case (let first?, let second?): first.sequence < second.sequence
            case (_, let second): second == nil
            }
        let entry = isAtMostOnceOlder ? self.popAtMostOnce() : self.atLeastOnce.popFirst()
        guard let entry else { return nil }
        self.inFlight.append(entry)
        return entry.message
    }

    /// The library took the message that `takeNext` returned, and calls it `packetID`.
    mutating func handedOver(packetID: CInt) {
        if !self.inFlight.isEmpty { self.inFlight[self.inFlight.count - 1].packetID = packetID }
    }

    /// The library will never take the message that `takeNext` returned: it is forgotten.
    mutating func handOverFailed() {
        if let entry = self.inFlight.popLast() { self.release(entry.message) }
    }

    /// The broker acknowledged the message called `packetID`, or the socket took it if it has QoS 0.
    ///
    /// - Returns: the message, or nil when no message in flight is called so.
    mutating func acknowledged(packetID: CInt) -> Message? {
        guard let index = self.inFlight.firstIndex(where: { $0.packetID == packetID }) else { return nil }
        let message = self.inFlight.remove(at: index).message
        self.release(message)
        return message
    }

    /// The connection is lost: what was in flight with QoS 1 waits again, before everything else and in
    /// order.
    ///
    /// - Returns: the messages of QoS 0, which are dropped.
    mutating func disconnected() -> [Message] {
        self.isOnline = false
        var dropped = self.inFlight.filter { $0.message.qos == .atMostOnce }.map(\.message)
        for entry in self.inFlight.reversed() where entry.message.qos == .atLeastOnce {
            self.atLeastOnce.prepend(Entry(sequence: entry.sequence, message: entry.message, packetID: nil))
        }
        self.inFlight = []
        while let entry = self.popAtMostOnce() { dropped.append(entry.message) }
        for message in dropped { self.release(message) }
        return dropped
    }

    /// Refuses new messages from now on.
    mutating func stopAccepting() {
        if self.phase == .accepting { self.phase = .draining }
    }

    /// Gives up what is left.
    ///
    /// - Returns: the messages that were not sent, QoS 0 first.
    mutating func close() -> [Message] {
        var left = self.disconnected()
        left += self.atLeastOnce.map(\.message)
        self.atLeastOnce.removeAll()
        self.phase = .closed
        return left
    }

    private mutating func popAtMostOnce() -> Entry? {
        let entry = self.atMostOnce.popFirst()
        if let entry { self.atMostOnceBytes -= entry.message.spoolBytes }
        return entry
    }

    private mutating func release(_ message: Message) {
        self.bytes -= message.spoolBytes
        self.count -= 1
    }
}

extension Message {
    /// What the message takes of the spool's bytes.
    fileprivate var spoolBytes: Int {
        self.payload.readableBytes + max(0, self.topic.utf8.count - topicBytesFree)
    }
}
