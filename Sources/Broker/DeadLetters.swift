import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

/// The messages that could not be delivered, each with its reason: a ring in memory, bounded in messages and
/// bytes.
public final class DeadLetters: Sendable {
    private struct Storage {
        var letters = CircularBuffer<DeadLetter>()
        var keptBytes = 0
        var nextNumber: UInt64 = 1
        var evictedCount = 0
    }

    private let storage = NIOLockedValueBox(Storage())
    private let limits: BrokerLimits

    init(limits: BrokerLimits) {
        self.limits = limits
    }

    /// Keeps a message that could not be delivered; the oldest ones make room for it.
    ///
    /// A message larger than the whole ring is counted as evicted at once.
    ///
    /// - Parameters:
    ///   - message: What was not delivered.
    ///   - target: The subscriber it was meant for, or an empty string when there was none.
    ///   - reason: Why, in words a user can act on.
    public func append(_ message: Message, target: String, reason: String) {
        let now = WallClock.millisecondsSinceEpoch()
        storage.withLockedValue { storage in
            let letter = DeadLetter(
                number: storage.nextNumber,
                millisecondsSinceEpoch: now,
                message: message,
                target: target,
                reason: reason
            )
            storage.nextNumber += 1
            storage.letters.append(letter)
            storage.keptBytes += letter.byteCount
            while storage.letters.count > limits.deadLetterCountMax
                || storage.keptBytes > limits.deadLetterBytesMax,
                let oldest = storage.letters.popFirst()
            {
                storage.keptBytes -= oldest.byteCount
                storage.evictedCount += 1
            }
        }
    }

    /// The letters kept now, oldest first.
    public var all: [DeadLetter] {
        storage.withLockedValue { Array($0.letters) }
    }

    /// How many letters are kept now.
    public var count: Int {
        storage.withLockedValue { $0.letters.count }
    }

    /// How many letters made room for newer ones since the start.
    public var evictedCount: Int {
        storage.withLockedValue { $0.evictedCount }
    }
}

/// A message that could not be delivered to one target.
public struct DeadLetter: Sendable {
    /// Counts up from 1 since the start; names this letter.
    public let number: UInt64
    /// When it was given up, in milliseconds since 1970 (UTC).
    public let millisecondsSinceEpoch: Int64
    /// The message as it was published.
    public let message: Message
    /// The subscriber it was meant for; empty when there was none.
    public let target: String
    /// Why it was not delivered.
    public let reason: String

    /// What counts against the ring's limit.
    fileprivate var byteCount: Int { message.payload.readableBytes + message.topic.utf8.count }
}
