internal import NIOCore
internal import TopicRouter

/// Gives subscribers their ids.
///
///     id   31 ── 24 23 ────── 0
///          turn   | place          a place is given away again, in its next turn
struct SubscriberTable {
    /// So many free places wait for their next turn; further subscribers use the first of them again.
    private static let freeCountMax = 1_000
    /// Functions and sessions of the command line are subscribers: open files bound them long before.
    private static let placeCountMax = 1 << SubscriberID.placeBits - 1
    private static let capacityMin = 64

    /// Where they are now; whoever has these keeps them as they are.
    private(set) var places = SubscriberPlaces(capacity: Self.capacityMin)
    /// Free places with their next ids; the one that has been free longest comes first.
    private var free = CircularBuffer<SubscriberID>()

    /// Makes a table with the ids that stand for something of their own; `uplink` is one of them.
    init(uplink: any Subscriber) {
        places.append(.uplink, uplink, uplinkRank: SubscriberPlaces.uplinkRank)
        places.append(.nobody, Nobody.shared)
    }

    /// Ids are not used again for long, so that a publisher that still sees an old index finds nobody rather
    /// than somebody else.
    mutating func add(_ subscriber: any Subscriber, uplinkRank: UInt32 = 0) -> SubscriberID {
        makeOwn()
        if free.count > Self.freeCountMax, let id = free.popFirst() {
            places.replace(id.place, id, subscriber, uplinkRank: uplinkRank)
            return id
        }
        precondition(places.count < Self.placeCountMax, "there are too many subscribers")
        let id = SubscriberID(rawValue: UInt32(places.count))
        if !places.hasRoom {
            places = places.copy(capacity: 2 * places.count)
        }
        places.append(id, subscriber, uplinkRank: uplinkRank)
        return id
    }

    /// - Returns: The subscriber, for the last one who has it to free.
    mutating func remove(_ id: SubscriberID) -> (any Subscriber)? {
        guard let subscriber = self[id] else { return nil }
        makeOwn()
        places.replace(id.place, .nobody, Nobody.shared)
        free.append(SubscriberID(rawValue: id.rawValue &+ (1 << SubscriberID.placeBits)))
        return subscriber
    }

    mutating func setUplink(_ subscriber: any Subscriber) {
        makeOwn()
        places.replace(
            SubscriberID.uplink.place,
            .uplink,
            subscriber,
            uplinkRank: SubscriberPlaces.uplinkRank
        )
    }

    subscript(_ id: SubscriberID) -> (any Subscriber)? { places[id] }

    /// One that is called so, if there is any; looks at all.
    func first(named name: String) -> (any Subscriber)? { places.first(named: name) }

    /// Leaves the places to those who share them, and goes on with a copy.
    private mutating func makeOwn() {
        if !isKnownUniquelyReferenced(&places) {
            places = places.copy(capacity: 2 * places.count)
        }
    }
}
