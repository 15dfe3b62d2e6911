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
            copy.append(places[place].id, places[place].subscriber)
        }
        return copy
    }

    /// Adds a place at the end; there must be room.
    func append(_ id: SubscriberID, _ subscriber: any Subscriber) {
        precondition(hasRoom, "there is no room for another subscriber")
        places.advanced(by: count).initialize(to: SubscriberPlace(id: id, subscriber: subscriber))
        count += 1
    }

    /// Gives a place to somebody else.
    func replace(_ place: Int, _ id: SubscriberID, _ subscriber: any Subscriber) {
        precondition(place < count, "there is no place \(place)")
        places[place] = SubscriberPlace(id: id, subscriber: subscriber)
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
