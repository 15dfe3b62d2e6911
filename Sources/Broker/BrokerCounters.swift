internal import Synchronization

/// What the broker has done since it started.
public struct BrokerCounters: Sendable, Equatable, Codable {
    /// Messages offered to the broker, on any bus or straight to the cloud.
    public var published = 0
    /// Deliveries: one for each target that took a message.
    public var delivered = 0
    /// Publishes answered by the no-subscription error.
    public var withoutSubscription = 0
    /// Targets that had no room, and publishes refused because of one.
    public var queueFull = 0
    /// Messages kept as dead letters, one for each target.
    public var deadLettered = 0
}

/// The counters while they count: one atomic each, relaxed, since nothing is ordered by them.
///
/// They wrap around instead of trapping, which a processor adds in one instruction; that takes centuries.
final class AtomicCounters: Sendable {
    private let published = Atomic<Int>(0)
    private let delivered = Atomic<Int>(0)
    private let withoutSubscription = Atomic<Int>(0)
    private let queueFull = Atomic<Int>(0)
    private let deadLettered = Atomic<Int>(0)

    func didPublish() { published.wrappingAdd(1, ordering: .relaxed) }
    func didDeliver(to targetCount: Int) { delivered.wrappingAdd(targetCount, ordering: .relaxed) }
    func didFindNoSubscription() { withoutSubscription.wrappingAdd(1, ordering: .relaxed) }
    func didFindQueueFull() { queueFull.wrappingAdd(1, ordering: .relaxed) }
    func didKeepDead() { deadLettered.wrappingAdd(1, ordering: .relaxed) }

    var values: BrokerCounters {
        BrokerCounters(
            published: published.load(ordering: .relaxed),
            delivered: delivered.load(ordering: .relaxed),
            withoutSubscription: withoutSubscription.load(ordering: .relaxed),
            queueFull: queueFull.load(ordering: .relaxed),
            deadLettered: deadLettered.load(ordering: .relaxed)
        )
    }
}
