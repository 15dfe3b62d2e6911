import Broker
import NIOCore
import TopicRouter

/// Knows the copies that a broker sends of one message because several of our filters match it.
///
/// Each copy names the filter, or several, by subscription identifiers. A copy is a second one when a message
/// with the same topic, payload and properties came before it through other filters only. So of two messages
/// that are equal, each is let through once, whatever the order of their copies; and a copy that has no first
/// one is never held back.
struct DuplicateWindow {
    /// How many messages are remembered: brokers send the copies of a message next to each other.
    private static let countMax = 256

    private struct Entry {
        let hash: Int
        var identifiers: [UInt32]
    }

    private var entries = CircularBuffer<Entry>()

    /// Whether `message` is a copy of one that was let through; remembers it.
    mutating func isCopy(_ message: Message) -> Bool {
        guard var properties = message.properties, !properties.subscriptionIdentifiers.isEmpty else {
            return false
        }
        let identifiers = properties.subscriptionIdentifiers
        properties.subscriptionIdentifiers = []
        // The broker counts the time to expiry for each copy.
        properties.expiresAtMilliseconds = nil
        var hasher = Hasher()
        hasher.combine(message.topic)
        hasher.combine(message.payload)
        hasher.combine(properties)
        let hash = hasher.finalize()
        let first = self.entries.firstIndex { entry in
            entry.hash == hash && !entry.identifiers.contains(where: identifiers.contains)
        }
        if let first {
            self.entries[first].identifiers += identifiers
            return true
        }
        if self.entries.count == Self.countMax { self.entries.removeFirst() }
        self.entries.append(Entry(hash: hash, identifiers: identifiers))
        return false
    }

    /// Forgets everything: what comes now came over other subscriptions.
    mutating func clear() {
        self.entries.removeAll(keepingCapacity: true)
    }
}
