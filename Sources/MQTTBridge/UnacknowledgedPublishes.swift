import NIOCore
import TopicRouter

/// What the broker owes a PUBACK for, and until when the next one must have come.
struct UnacknowledgedPublishes {
    private var topics: [(packetID: CInt, topic: TopicName)] = []
    /// When the broker must have acknowledged one more; nil while it owes nothing.
    private(set) var deadline: NIODeadline?

    /// The topic of the oldest message.
    var oldestTopic: TopicName? { self.topics.first?.topic }

    /// A message of QoS 1 was handed over.
    mutating func sent(_ packetID: CInt, topic: TopicName, timeout: Duration) {
        self.topics.append((packetID, topic))
        if self.deadline == nil { self.deadline = .now() + TimeAmount(timeout) }
    }

    /// What waits is only written now.
    mutating func restart(timeout: Duration) {
        if self.deadline != nil { self.deadline = .now() + TimeAmount(timeout) }
    }

    /// The broker answered for a message.
    mutating func answered(_ packetID: CInt, timeout: Duration) {
        guard let index = self.topics.firstIndex(where: { $0.packetID == packetID }) else { return }
        self.topics.remove(at: index)
        self.deadline = self.topics.isEmpty ? nil : .now() + TimeAmount(timeout)
    }
}
