import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

/// The messages that could not be delivered, each with its reason: a ring in memory, bounded in messages and
/// bytes.
///
/// With a `DeadLetterStore` it begins with what was kept before the start, and the store hears of every
/// change.
public final class DeadLetters: Sendable {
    private struct Storage {
        var letters = CircularBuffer<DeadLetter>()
        var keptBytes = 0
        var nextNumber: UInt64 = 1
        var evictedCount = 0
    }

    private let storage = NIOLockedValueBox(Storage())
    private let limits: BrokerLimits
    private let store: (any DeadLetterStore)?

    init(limits: BrokerLimits, store: (any DeadLetterStore)? = nil) {
        self.limits = limits
        self.store = store
        guard let store else { return }
        let (letters, lastNumber) = store.restore()
        storage.withLockedValue { storage in
            for letter in letters {
                storage.letters.append(letter)
                storage.keptBytes += letter.byteCount
                // While they come in, so that a store that held more never fills the memory.
                evict(&storage)
            }
            storage.nextNumber = max(lastNumber, letters.last?.number ?? 0) + 1
        }
    }

    /// Keeps a message that could not be delivered; the oldest ones make room for it.
    ///
    /// A message larger than the whole ring is counted as evicted at once.
    ///
    /// - Parameters:
    ///   - message: What was not delivered.
    ///   - target: The subscriber it was meant for, or an empty string when there was none.
    ///   - reason: Why, in words a user can act on.
    func append(_ message: Message, target: String, reason: String) {
        let now = WallClock.millisecondsSinceEpoch()
        storage.withLockedValue { storage in
            var letter = DeadLetter(
                number: storage.nextNumber,
                millisecondsSinceEpoch: now,
                message: message,
                target: target,
                reason: reason
            )
            storage.nextNumber += 1
            // The receipt stays with what is to be written.
            store?.keep(letter)
            letter.message.receipt = nil
            storage.letters.append(letter)
            storage.keptBytes += letter.byteCount
            evict(&storage)
        }
    }

    /// Forgets a letter.
    ///
    /// - Returns: `nil` when there is none of this number (any more).
    public func remove(_ number: UInt64) -> DeadLetter? {
        guard let letter = take(number) else { return nil }
        store?.forget(number)
        return letter
    }

    /// Takes a letter out that is about to be sent: `didSend` or `putBack` follows.
    ///
    /// The store keeps it until then, so that it is sent twice rather than lost when the process dies.
    func take(_ number: UInt64) -> DeadLetter? {
        storage.withLockedValue { storage in
            guard let index = storage.letters.firstIndex(where: { $0.number == number }) else { return nil }
            let letter = storage.letters.remove(at: index)
            storage.keptBytes -= letter.byteCount
            return letter
        }
    }

    /// A letter that was taken out was sent.
    func didSend(_ letter: DeadLetter) {
        store?.forget(letter.number)
    }

    /// Puts a letter that was taken out back to its place; newer ones may have taken its room meanwhile, so
    /// that the oldest go.
    func putBack(_ letter: DeadLetter) {
        storage.withLockedValue { storage in
            let place = storage.letters.firstIndex { $0.number > letter.number }
            storage.letters.insert(letter, at: place ?? storage.letters.endIndex)
            storage.keptBytes += letter.byteCount
            evict(&storage)
        }
    }

    private func evict(_ storage: inout Storage) {
        while storage.letters.count > limits.deadLetterCountMax
            || storage.keptBytes > limits.deadLetterBytesMax,
            let oldest = storage.letters.popFirst()
        {
            storage.keptBytes -= oldest.byteCount
            storage.evictedCount += 1
            store?.forget(oldest.number)
        }
    }

    /// The letter of this number, if it is kept now.
    public func letter(_ number: UInt64) -> DeadLetter? {
        storage.withLockedValue { $0.letters.first { $0.number == number } }
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
