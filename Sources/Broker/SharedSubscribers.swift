internal import NIOConcurrencyHelpers
internal import Synchronization

/// The broker's subscribers.
///
/// Each publisher has the places of one version, which it renews when the version has moved on: only then
/// does publishing take this lock, and nobody holds it for longer than a look at the table.
final class SharedSubscribers: Sendable {
    private let table = NIOLockedValueBox(SubscriberTable(uplink: MissingUplink()))
    private let storedVersion = Atomic<Int>(0)

    /// Grows with each change.
    var version: Int { storedVersion.load(ordering: .acquiring) }

    /// The subscribers in their places as they are, and the version.
    var current: (places: SubscriberPlaces, version: Int) {
        table.withLockedValue { ($0.places, storedVersion.load(ordering: .relaxed)) }
    }

    /// Changes the table.
    func change<Result>(_ body: (inout SubscriberTable) -> Result) -> Result {
        table.withLockedValue { table in
            defer { storedVersion.add(1, ordering: .releasing) }
            return body(&table)
        }
    }
}
