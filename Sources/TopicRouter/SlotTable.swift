import Synchronization

/// A hash table of records: open addressing with linear probing, read without locks while one writer changes
/// it.
///
///     slot   63        32 31         0
///            tag of hash | record     0 is free, `removed` was taken once
///
/// A slot is one word, so that a change is one store. A removed entry leaves a mark behind, unless its chain
/// ends there; an insertion takes the first mark on its way.
struct SlotTable {
    typealias Slot = Atomic<UInt64>

    /// Points to the record `Arena.nothing`, which is like no other.
    private static let removed: UInt64 = 1 << 32

    private let slots: UnsafeMutablePointer<Slot>
    private let mask: Int

    /// Makes a table with room for `count` records, at most 60 % full then; `deallocate` frees it.
    init(count: Int) {
        var slotCount = 8
        while slotCount * 6 < count * 10 {
            slotCount *= 2
        }
        mask = slotCount - 1
        let memory = TableMemory.allocate(byteCount: slotCount * 8)
        memory.initializeMemory(as: UInt64.self, repeating: 0, count: slotCount)
        slots = memory.bindMemory(to: Slot.self, capacity: slotCount)
    }

    func deallocate() {
        UnsafeMutableRawPointer(slots).deallocate()
    }

    var slotCount: Int { mask + 1 }

    /// How many slots may be taken or marked.
    var takenMax: Int { slotCount * 6 / 10 }

    /// The word at the home of `hash`; to be handed to `find`.
    ///
    /// Loading the words of several hashes first lets the processor wait for all of them at once.
    @inline(__always)
    func home(_ hash: UInt64) -> UInt64 {
        slots[Int(truncatingIfNeeded: hash) & mask].load(ordering: .acquiring)
    }

    /// The record of `hash` that `isWanted` accepts.
    @inline(__always)
    func find(_ hash: UInt64, _ home: UInt64, where isWanted: (UInt32) -> Bool) -> UInt32? {
        let tag = hash >> 32
        var slot = home
        var position = Int(truncatingIfNeeded: hash) & mask
        while slot != 0 {
            if slot >> 32 == tag {
                let record = UInt32(truncatingIfNeeded: slot)
                if isWanted(record) {
                    return record
                }
            }
            position = (position &+ 1) & mask
            slot = slots[position].load(ordering: .acquiring)
        }
        return nil
    }

    /// The record in a slot, if there is one; for the writer alone.
    func record(at position: Int) -> UInt32? {
        let record = UInt32(truncatingIfNeeded: slots[position].load(ordering: .relaxed))
        return record == Arena.nothing ? nil : record
    }

    /// Adds a record that is not in the table yet; there must be a free slot.
    ///
    /// - Returns: Whether a free slot was taken, and not the mark of a removed one.
    func insert(_ record: UInt32, _ hash: UInt64) -> Bool {
        var position = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[position].load(ordering: .relaxed)
            if UInt32(truncatingIfNeeded: slot) == 0 {
                slots[position].store((hash >> 32) << 32 | UInt64(record), ordering: .releasing)
                return slot == 0
            }
            position = (position &+ 1) & mask
        }
    }

    /// Removes a record.
    ///
    /// - Returns: How many slots became free.
    func remove(_ record: UInt32, _ hash: UInt64) -> Int {
        var position = Int(truncatingIfNeeded: hash) & mask
        while UInt32(truncatingIfNeeded: slots[position].load(ordering: .relaxed)) != record {
            position = (position &+ 1) & mask
        }
        guard slots[(position &+ 1) & mask].load(ordering: .relaxed) == 0 else {
            slots[position].store(Self.removed, ordering: .releasing)
            return 0
        }
        // The chain ends here: no mark is needed, and those right before are not needed any more.
        var freedCount = 0
        repeat {
            slots[position].store(0, ordering: .releasing)
            freedCount += 1
            position = (position &- 1) & mask
        } while slots[position].load(ordering: .relaxed) == Self.removed
        return freedCount
    }
}
