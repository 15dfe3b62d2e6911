internal import Broker
internal import NIOCore
internal import Synchronization

/// A subscriber that has room for everything and keeps nothing but a count, so that what is measured is the
/// broker's part.
final class Sink: Subscriber {
    let name: String
    private let commitCount = Atomic(0)

    init(_ name: String) {
        self.name = name
    }

    /// How many messages were offered and taken.
    var count: Int { commitCount.load(ordering: .relaxed) }

    func reserve(for message: Message) -> Reservation { .ok }

    func commit(_ message: Message) -> EventLoopFuture<Void>? {
        commitCount.wrappingAdd(1, ordering: .relaxed)
        return nil
    }

    func cancel(_ message: Message) {}
}
