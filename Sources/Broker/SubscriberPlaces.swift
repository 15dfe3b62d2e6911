internal import NIOCore
internal import TopicRouter

/// A place for a subscriber.
///
/// It can't be copied. So a call borrows the subscriber where it lies and does not count a reference, which
/// would take longer than the rest of an offer.
struct SubscriberPlace: ~Copyable {
    /// The id of whoever is here; any other one finds nobody.
    let id: SubscriberID
    let subscriber: any Subscriber
    /// Of several ways to the uplink that a message matches, the one with the lowest rank counts; 0: it is
    /// none.
    let uplinkRank: UInt32

    @inline(__always)
    borrowing func reserve(for message: borrowing Message) -> Reservation {
        subscriber.reserve(for: message)
    }

    @inline(__always)
    borrowing func commit(_ message: borrowing Message) -> EventLoopFuture<Void>? {
        subscriber.commit(message)
    }
}

/// Every subscriber in its place, as they are at one time.
///
/// The table and the publishers share one of these. It changes only while the table alone has it.
final class SubscriberPlaces: @unchecked Sendable {
    // Sendable is unchecked because of the pointer: what it points to is this object's own, and is written to
    // only by `SubscriberTable`, when no other reference to the object exists.

    private let places: UnsafeMutablePointer<SubscriberPlace>
    private let capacity: Int
    private(set) var count = 0
    /// Whether there are ways to the uplink besides the uplink itself.
    private(set) var hasUplinkPolicies = false

    init(capacity: Int) {
        self.capacity = capacity
        places = .allocate(capacity: capacity)
    }

    deinit {
        places.deinitialize(count: count)
        places.deallocate()
    }

    /// Whether there is room for one place more.
    var hasRoom: Bool { count < capacity }

    /// The same places, with room for more.
    func copy(capacity: Int) -> SubscriberPlaces {
        let copy = SubscriberPlaces(capacity: max(capacity, count))
        for place in 0..<count {
            copy.append(places[place].id, places[place].subscriber, uplinkRank: places[place].uplinkRank)
        }
        return copy
    }

    /// Adds a place at the end; there must be room.
    func append(_ id: SubscriberID, _ subscriber: any Subscriber, uplinkRank: UInt32 = 0) {
        precondition(hasRoom, "there is no room for another subscriber")
        places.advanced(by: count).initialize(
            to: SubscriberPlace(id: id, subscriber: subscriber, uplinkRank: uplinkRank)
        )
        count += 1
        note(uplinkRank)
    }

    /// Gives a place to somebody else.
    func replace(_ place: Int, _ id: SubscriberID, _ subscriber: any Subscriber, uplinkRank: UInt32 = 0) {
        precondition(place < count, "there is no place \(place)")
        places[place] = SubscriberPlace(id: id, subscriber: subscriber, uplinkRank: uplinkRank)
        note(uplinkRank)
    }

    private func note(_ uplinkRank: UInt32) {
        hasUplinkPolicies = hasUplinkPolicies || (1..<Self.uplinkRank).contains(uplinkRank)
    }

    /// The uplink's own rank: every policy comes before it.
    static let uplinkRank = UInt32.max

    /// The rank among the ways to the uplink; 0 when it is none.
    func uplinkRank(_ id: SubscriberID) -> UInt32 {
        isTaken(by: id) ? places[id.place].uplinkRank : 0
    }

    /// Who has this id.
    subscript(_ id: SubscriberID) -> (any Subscriber)? {
        isTaken(by: id) ? places[id.place].subscriber : nil
    }

    /// `Subscriber.reserve` of the one with this id, if there is any.
    @inline(__always)
    func reserve(_ id: SubscriberID, for message: borrowing Message) -> Reservation? {
        isTaken(by: id) ? places[id.place].reserve(for: message) : nil
    }

    /// `Subscriber.commit` of the one with this id.
    @inline(__always)
    func commit(_ id: SubscriberID, _ message: borrowing Message) -> EventLoopFuture<Void>? {
        isTaken(by: id) ? places[id.place].commit(message) : nil
    }

    @inline(__always)
    private func isTaken(by id: SubscriberID) -> Bool {
        id.place < count && places[id.place].id == id
    }

    /// One that is called so, if there is any; looks at all.
    func first(named name: String) -> (any Subscriber)? {
        for place in 0..<count {
            let subscriber = places[place].subscriber
            if places[place].id != .nobody, subscriber.name == name {
                return subscriber
            }
        }
        return nil
    }
}

extension SubscriberID {
    /// How many bits of an id tell its place.
    static let placeBits: UInt32 = 24
    /// The id in a free place; there is no such place, and so nobody else has it.
    static let nobody = SubscriberID(rawValue: .max)

    /// Where the subscriber with this id is.
    @inline(__always)
    var place: Int { Int(rawValue & (1 << Self.placeBits - 1)) }
}

/// Stands in a free place.
final class Nobody: Subscriber {
    static let shared = Nobody()

    let name = "nobody"

    func reserve(for message: Message) -> Reservation { .gone("nobody is there") }

    func commit(_ message: Message) -> EventLoopFuture<Void>? { nil }

    func cancel(_ message: Message) {}
}
