/// A generation as its writer has it: what readers match in, the memory for more, and the counts.
///
/// Changes are made here, each by one store that readers see. Whoever calls makes sure first that there is
/// room.
final class Catalogue {
    /// A small index takes little: 64 records of a short filter.
    private static let unitCountMin = 512

    /// What changes with it.
    ///
    /// It lies behind a pointer, since a class' own properties are checked for exclusive access with each
    /// use, which costs a change as much again.
    struct State {
        var arena: Arena
        /// What was taken out, by the epoch in which that happened, with its size.
        var retired = Retired<(record: UInt32, byteCount: Int)>()
        /// The epoch that changes are made in; `nil` while no reader can see the generation.
        var epoch: UInt64?
        /// The shapes of each bus.
        var shapes: [UInt32: ShapeCounts] = [:]
        var subscriptionCount = 0
        var liveUnits = 0
        var topicCount = 0
        var otherCount = 0
        /// Slots with a record or a mark.
        var takenTopics = 0
        var takenOthers = 0
    }

    let generation: Generation
    let state: UnsafeMutablePointer<State>

    /// Makes an empty generation with room for so much.
    init(keys: HashKeys, unitCount: Int, topicCount: Int, otherCount: Int) {
        let arena = Arena(unitCount: max(unitCount, Self.unitCountMin))
        state = .allocate(capacity: 1)
        state.initialize(to: State(arena: arena))
        generation = Generation(.allocate(capacity: 1))
        generation.parts.initialize(
            to: Generation.Parts(
                keys: keys,
                topics: SlotTable(count: topicCount),
                others: SlotTable(count: otherCount),
                records: arena.base,
                hasOthers: otherCount > 0
            )
        )
    }

    deinit {
        generation.topics.deallocate()
        generation.others.deallocate()
        generation.parts.deallocate()
        state.pointee.arena.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Whether there is so much room that any filter of `byteCountMax` and a plan have some.
    var hasAmpleRoom: Bool {
        state.pointee.arena.freeUnits >= Self.ampleUnits
            && state.pointee.takenTopics + 1 <= generation.topics.takenMax
            && state.pointee.takenOthers + Self.ampleLevels <= generation.others.takenMax
            && generation.hasOthers
    }

    /// Filters of at most so many bytes need not be counted.
    static let ampleByteCountMax = 256
    /// So many levels they have at most, with a bus and the filter itself.
    private static let ampleLevels = ampleByteCountMax + 3
    /// More than twice what they take at most: a node of five units for each level, and above all a plan.
    private static let ampleUnits = 4 * Arena.units(8 + ProbePlan.byteCountMax(Shape.countMax + 1))

    /// Whether there is surely room for one more filter, or for one more subscriber of an old one.
    func hasRoom(for room: Room) -> Bool {
        state.pointee.arena.freeUnits >= 2 * room.units
            && state.pointee.takenTopics + room.topics <= generation.topics.takenMax
            && state.pointee.takenOthers + room.others <= generation.others.takenMax
            && (generation.hasOthers || room.others == 0)
    }

    func allocate(_ byteCount: Int) -> UInt32 {
        guard let record = state.pointee.arena.allocate(byteCount) else {
            preconditionFailure("no room for \(byteCount) bytes, though there was to be some")
        }
        state.pointee.liveUnits += Arena.units(byteCount)
        return record
    }

    /// Takes out of use what readers may still see.
    func retire(_ record: UInt32, _ byteCount: Int) {
        state.pointee.liveUnits -= Arena.units(byteCount)
        if let epoch = state.pointee.epoch {
            state.pointee.retired.append((record, byteCount), epoch: epoch)
        } else {
            state.pointee.arena.release(record, byteCount)
        }
    }

    /// Gives back what nobody sees any more.
    func reclaim(before oldest: UInt64) {
        while let (record, byteCount) = state.pointee.retired.popFirst(before: oldest) {
            state.pointee.arena.release(record, byteCount)
        }
    }

    /// Makes a filter's record; no hash leads to it yet.
    func makeFilter(_ kind: Record.Kind, bus: UInt32, _ bytes: Span<UInt8>, _ word: SubscriberWord) -> UInt32
    {
        let number = allocate(Record.filterBytesOffset + bytes.count)
        let record = generation[number]
        record.header = Record.header(kind, owner: bus, byteCount: bytes.count)
        record.subscribers = word
        bytes.withUnsafeBytes {
            record.filterBytes.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
        }
        return number
    }

    func insert(_ record: UInt32, _ hash: UInt64, isTopic: Bool) {
        if isTopic {
            state.pointee.topicCount += 1
            state.pointee.takenTopics += generation.topics.insert(record, hash) ? 1 : 0
        } else {
            state.pointee.otherCount += 1
            state.pointee.takenOthers += generation.others.insert(record, hash) ? 1 : 0
        }
    }

    func remove(_ record: UInt32, _ hash: UInt64, isTopic: Bool) {
        if isTopic {
            state.pointee.topicCount -= 1
            state.pointee.takenTopics -= generation.topics.remove(record, hash)
        } else {
            state.pointee.otherCount -= 1
            state.pointee.takenOthers -= generation.others.remove(record, hash)
        }
    }

    func countSubscriptions(_ difference: Int) {
        state.pointee.subscriptionCount += difference
    }
}

/// The subscribers of one filter.
extension Catalogue {
    private static let listCapacityMin = 4

    static func listByteCount(_ capacity: Int) -> Int {
        SubscriberWord.idsOffset + capacity * MemoryLayout<SubscriberID>.stride
    }

    private func ids(_ list: UInt32) -> UnsafeMutablePointer<SubscriberID> {
        (state.pointee.arena[list] + SubscriberWord.idsOffset).assumingMemoryBound(to: SubscriberID.self)
    }

    private func capacity(_ list: UInt32) -> Int {
        Int(state.pointee.arena[list].load(as: UInt32.self))
    }

    private func makeList(_ capacity: Int) -> UInt32 {
        let list = allocate(Self.listByteCount(capacity))
        state.pointee.arena[list].storeBytes(of: UInt32(capacity), as: UInt32.self)
        (state.pointee.arena[list] + SubscriberWord.idsOffset).bindMemory(
            to: SubscriberID.self,
            capacity: capacity
        )
        return list
    }

    /// Copies the subscribers that a record of another generation has.
    func takeOver(_ word: SubscriberWord, of other: Catalogue) -> SubscriberWord {
        guard word.list != 0 else { return word }
        let list = makeList(other.capacity(word.list))
        ids(list).update(from: other.ids(word.list), count: word.count)
        return SubscriberWord(list: list, count: word.count)
    }

    /// - Returns: `false` if it is subscribed already.
    func add(_ subscriber: SubscriberID, to record: Record) -> Bool {
        let word = record.subscribers
        guard word.list != 0 else {
            guard word.low != subscriber.rawValue else { return false }
            let list = makeList(Self.listCapacityMin)
            ids(list)[0] = SubscriberID(rawValue: word.low)
            ids(list)[1] = subscriber
            record.subscribers = SubscriberWord(list: list, count: 2)
            return true
        }
        let old = UnsafeBufferPointer(start: ids(word.list), count: word.count)
        guard !old.contains(subscriber) else { return false }
        let capacity = capacity(word.list)
        guard old.count == capacity else {
            // Nobody reads past the count.
            ids(word.list)[old.count] = subscriber
            record.subscribers = SubscriberWord(list: word.list, count: old.count + 1)
            return true
        }
        let list = makeList(2 * capacity)
        ids(list).update(from: ids(word.list), count: old.count)
        ids(list)[old.count] = subscriber
        record.subscribers = SubscriberWord(list: list, count: old.count + 1)
        retire(word.list, Self.listByteCount(capacity))
        return true
    }

    /// What removing a subscriber comes to.
    enum Removal {
        case notSubscribed
        case removed
        /// It was the last one, and the filter's record is as it was.
        case wasLast
    }

    func remove(_ subscriber: SubscriberID, from record: Record) -> Removal {
        let word = record.subscribers
        guard word.list != 0 else { return word.low == subscriber.rawValue ? .wasLast : .notSubscribed }
        let old = UnsafeBufferPointer(start: ids(word.list), count: word.count)
        guard let position = old.firstIndex(of: subscriber) else { return .notSubscribed }
        let capacity = capacity(word.list)
        if old.count == 2 {
            record.subscribers = SubscriberWord(old[1 - position])
        } else {
            // A copy: readers may be in the middle of the old list.
            let rest = old.count - 1
            let list = makeList(rest * 4 <= capacity ? max(Self.listCapacityMin, capacity / 2) : capacity)
            ids(list).update(from: ids(word.list), count: position)
            ids(list).advanced(by: position).update(
                from: ids(word.list) + position + 1,
                count: rest - position
            )
            record.subscribers = SubscriberWord(list: list, count: rest)
        }
        retire(word.list, Self.listByteCount(capacity))
        return .removed
    }
}
