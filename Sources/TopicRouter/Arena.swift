/// The memory that the records of one index lie in.
///
/// Records are named by their offset in units of eight bytes, so that a name takes 32 bits and up to 32 GiB
/// can be named. Only the writer allocates; what it frees is used again for records of the same size.
struct Arena {
    /// The record that no hash leads to: it has a header like no other's.
    static let nothing: UInt32 = 0

    /// Sizes up to this many units have a free list each; larger ones are powers of two.
    private static let exactUnitsMax = 64
    /// A cache line.
    private static let lineUnits = 8

    let base: UnsafeMutableRawPointer
    let unitCount: Int
    private var usedUnits: Int
    private var free: [[UInt32]]

    /// Makes an arena of at least `unitCount` units; `deallocate` frees it.
    init(unitCount: Int) {
        self.unitCount = max(unitCount, 64)
        base = TableMemory.allocate(byteCount: self.unitCount * 8)
        base.initializeMemory(as: UInt64.self, repeating: .max, count: 8)
        usedUnits = 8
        free = Array(repeating: [], count: Self.exactUnitsMax + 1 + 32)
    }

    func deallocate() {
        base.deallocate()
    }

    @inline(__always)
    subscript(record: UInt32) -> UnsafeMutableRawPointer {
        base + Int(record) << 3
    }

    /// What is left beside what was taken back.
    ///
    /// Gaps that lines ask for are still to come off it.
    var freeUnits: Int { max(0, unitCount - usedUnits) }

    /// Allocates `byteCount` bytes; `nil` when there is no room.
    ///
    /// What fits into a cache line lies in one, so that a match waits for one.
    mutating func allocate(_ byteCount: Int) -> UInt32? {
        let units = Self.units(byteCount)
        if let record = free[Self.list(units)].popLast() {
            return record
        }
        if usedUnits % Self.lineUnits + units > Self.lineUnits {
            usedUnits = (usedUnits + Self.lineUnits - 1) / Self.lineUnits * Self.lineUnits
        }
        guard usedUnits + units <= unitCount else { return nil }
        defer { usedUnits += units }
        return UInt32(usedUnits)
    }

    /// Takes a record back that nobody sees any more.
    mutating func release(_ record: UInt32, _ byteCount: Int) {
        free[Self.list(Self.units(byteCount))].append(record)
    }

    /// What a record of `byteCount` bytes takes.
    static func units(_ byteCount: Int) -> Int {
        let units = (byteCount + 7) >> 3
        guard units > exactUnitsMax else { return units }
        return 1 << (Int.bitWidth - (units - 1).leadingZeroBitCount)
    }

    private static func list(_ units: Int) -> Int {
        units <= exactUnitsMax ? units : exactUnitsMax + units.trailingZeroBitCount - 5
    }
}
