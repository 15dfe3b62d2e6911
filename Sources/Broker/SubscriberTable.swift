internal import NIOCore
internal import TopicRouter

/// The subscribers by their ids.
///
/// A value, so that each publisher can have a copy.
///
///     id   31 ── 24 23 ────── 0
///          turn   | place          a place is given away again, in its next turn
struct SubscriberTable {
    private static let placeBits: UInt32 = 24
    /// So many free places wait for their next turn; further subscribers use the first of them again.
    private static let freeCountMax = 1_000
    private static let placeMask: UInt32 = 1 << placeBits - 1
    /// Functions and sessions of the command line are subscribers: open files bound them long before.
    private static let placeCountMax = 1 << placeBits

    private struct Entry {
        let id: SubscriberID
        let subscriber: any Subscriber
    }

    /// By place; `nil` for one that is free.
    private var entries: [Entry?]
    /// Free places with their next ids; the one that has been free longest comes first.
    private var free = CircularBuffer<SubscriberID>()

    /// Makes a table with the ids that stand for something of their own; `uplink` is one of them.
    init(uplink: any Subscriber) {
        entries = Array(repeating: nil, count: Int(SubscriberID.firstOther))
        entries[0] = Entry(id: .uplink, subscriber: uplink)
    }

    /// Ids are not used again for long, so that a publisher that still sees an old index finds nobody rather
    /// than somebody else.
    mutating func add(_ subscriber: any Subscriber) -> SubscriberID {
        let id: SubscriberID
        if free.count > Self.freeCountMax, let next = free.popFirst() {
            id = next
        } else {
            precondition(entries.count < Self.placeCountMax, "there are too many subscribers")
            id = SubscriberID(rawValue: UInt32(entries.count))
            entries.append(nil)
        }
        entries[Self.place(id)] = Entry(id: id, subscriber: subscriber)
        return id
    }

    /// - Returns: The subscriber, for the last one who has it to free.
    mutating func remove(_ id: SubscriberID) -> (any Subscriber)? {
        guard let subscriber = self[id] else { return nil }
        entries[Self.place(id)] = nil
        free.append(SubscriberID(rawValue: id.rawValue &+ (1 << Self.placeBits)))
        return subscriber
    }

    mutating func setUplink(_ subscriber: any Subscriber) {
        entries[0] = Entry(id: .uplink, subscriber: subscriber)
    }

    subscript(_ id: SubscriberID) -> (any Subscriber)? {
        guard entries.indices.contains(Self.place(id)), let entry = entries[Self.place(id)], entry.id == id
        else { return nil }
        return entry.subscriber
    }

    /// One that is called so, if there is any; looks at all.
    func first(named name: String) -> (any Subscriber)? {
        entries.lazy.compactMap { $0?.subscriber }.first { $0.name == name }
    }

    private static func place(_ id: SubscriberID) -> Int { Int(id.rawValue & placeMask) }
}
