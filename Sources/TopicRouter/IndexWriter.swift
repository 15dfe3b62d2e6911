/// Makes changes, one writer at a time, and frees what no reader can see any more.
struct IndexWriter: ~Copyable {
    /// Memory is looked over for what can be freed after so many things were taken out.
    private static let retiredCountMax = 64
    /// An arena that is this many times larger than what has to be in it is left for a smaller one.
    private static let shrinkFactor = 8
    /// Four times the room for a small filter with its bus' plan, and more: else a copy with that room would
    /// be too large at once, and the next one without it too small.
    private static let shrinkUnitsMin = 1 << 18

    private let keys: HashKeys
    private(set) var catalogue: Catalogue
    private var readers = ReaderTable()
    private var retired = Retired<Catalogue>()

    init() {
        keys = .random()
        catalogue = Catalogue(keys: keys, unitCount: 0, topicCount: 0, otherCount: 0)
    }

    deinit {
        keys.deallocate()
    }

    mutating func addReader() -> ReaderMark {
        readers.add()
    }

    mutating func removeReader(_ mark: ReaderMark) {
        readers.remove(mark)
    }

    /// Makes changes, in their order, in an epoch of their own; `publish` shows readers another generation.
    ///
    /// One change is made in place. Several are made in a new generation, so that they are seen together.
    ///
    /// - Returns: Whether anything changed.
    mutating func apply(
        _ changes: [TopicIndex.Change],
        epoch: UInt64,
        publish: (Generation) -> Void
    ) -> Bool {
        guard !changes.isEmpty else { return false }
        if changes.count == 1 {
            return apply(changes[0], epoch: epoch, publish: publish)
        }
        let old = catalogue
        catalogue = copy(of: old, with: Room(units: 0, topics: 0, others: 0))
        var hasChanged = false
        for change in changes {
            let isEffective = make(change)
            hasChanged = hasChanged || isEffective
        }
        guard hasChanged else {
            // The copy says the same, and nobody has seen it.
            catalogue = old
            return false
        }
        replace(old, epoch: epoch, publish: publish)
        return true
    }

    /// Makes one change.
    mutating func apply(
        _ change: TopicIndex.Change,
        epoch: UInt64,
        publish: (Generation) -> Void
    ) -> Bool {
        catalogue.state.pointee.epoch = epoch
        let old = catalogue
        let hasChanged = make(change)
        if catalogue !== old {
            replace(old, epoch: epoch, publish: publish)
        }
        return hasChanged
    }

    private mutating func make(_ change: TopicIndex.Change) -> Bool {
        change.isSubscription ? subscribe(change) : unsubscribe(change)
    }

    private mutating func replace(_ old: Catalogue, epoch: UInt64, publish: (Generation) -> Void) {
        catalogue.state.pointee.epoch = epoch
        publish(catalogue.generation)
        retired.append(old, epoch: epoch)
    }

    /// Frees what nobody sees any more, if it is worth a look.
    mutating func reclaim() {
        guard retired.count > 0 || catalogue.state.pointee.retired.count > Self.retiredCountMax else {
            return
        }
        let oldest = readers.oldestEpoch()
        catalogue.reclaim(before: oldest)
        while retired.popFirst(before: oldest) != nil {}
    }

    private mutating func subscribe(_ change: TopicIndex.Change) -> Bool {
        let bus = change.bus.rawValue
        let place = FilterPlace(change.filter, bus: bus, keys: keys)
        var record = catalogue.find(change.filter, bus: bus, at: place)
        if makeRoom(for: change, record) {
            record = catalogue.find(change.filter, bus: bus, at: place)
        }
        if let record {
            guard catalogue.add(change.subscriber, to: catalogue.generation[record]) else { return false }
        } else {
            catalogue.insert(change.filter, bus: bus, at: place, SubscriberWord(change.subscriber))
        }
        catalogue.countSubscriptions(1)
        return true
    }

    private mutating func unsubscribe(_ change: TopicIndex.Change) -> Bool {
        let bus = change.bus.rawValue
        let place = FilterPlace(change.filter, bus: bus, keys: keys)
        guard var record = catalogue.find(change.filter, bus: bus, at: place) else { return false }
        if makeRoom(for: change, record) {
            guard let moved = catalogue.find(change.filter, bus: bus, at: place) else { return false }
            record = moved
        }
        switch catalogue.remove(change.subscriber, from: catalogue.generation[record]) {
        case .notSubscribed:
            return false
        case .removed:
            break
        case .wasLast:
            catalogue.remove(record, change.filter, bus: bus, at: place)
        }
        catalogue.countSubscriptions(-1)
        return true
    }

    /// Makes another generation when the change may have no room in this one, or leaves too much air in it.
    ///
    /// - Returns: Whether there is another one, so that records have other numbers.
    private mutating func makeRoom(for change: TopicIndex.Change, _ record: UInt32?) -> Bool {
        let count = record.map { catalogue.generation[$0].subscribers.count } ?? 0
        let isSmall = change.filter.utf8.count <= Catalogue.ampleByteCountMax && count <= 64
        if isSmall, catalogue.hasAmpleRoom, change.isSubscription || !isTooLarge(with: 0) {
            return false
        }
        let room = Room(
            change.filter,
            subscriberCount: count,
            planUnits: catalogue.planUnitsMax(change.bus.rawValue)
        )
        guard !catalogue.hasRoom(for: room) || !change.isSubscription && isTooLarge(with: room.units)
        else { return false }
        catalogue = copy(of: catalogue, with: room)
        return true
    }

    /// Whether a copy with room for so many units would be much smaller.
    private func isTooLarge(with roomUnits: Int) -> Bool {
        let unitCount = catalogue.state.pointee.arena.unitCount
        let neededUnits = catalogue.state.pointee.liveUnits + 2 * roomUnits
        return unitCount > Self.shrinkUnitsMin && unitCount > neededUnits * Self.shrinkFactor
    }

    /// A generation with the same subscriptions, without gaps and with room for as much again.
    private func copy(of old: Catalogue, with room: Room) -> Catalogue {
        var (units, topics, others) = (
            2 * (old.state.pointee.liveUnits + 2 * room.units),
            (old.state.pointee.topicCount + room.topics) * 6 / 5,
            (old.state.pointee.otherCount + room.others) * 2
        )
        while true {
            let new = Catalogue(keys: keys, unitCount: units, topicCount: topics, otherCount: others)
            if new.insertAll(of: old), new.hasRoom(for: room) {
                return new
            }
            // Other shapes than before may have come first, and take more.
            (units, topics, others) = (2 * units, 2 * topics, 2 * others)
        }
    }
}
