/// What filters with wildcards look like apart from their texts: how many levels they have, which of these
/// are `+`, and whether `#` follows.
///
///     room/+/temperature    levels 3   pluses 010   closed
///     room/+/#              levels 2   pluses 10    open
///
/// All filters of a shape are found by one hash: of the topic's levels that are no `+`, and of the shape.
struct Shape: Hashable {
    /// A bus has no more shapes.
    ///
    /// Filters of further ones go into its trie, so that nobody can make a match try thousands. Where all are
    /// somebody's useless ones, trying them takes about as long as the trie.
    static let countMax = 32

    let levelCount: Int
    /// Bit i is set when level i is `+`.
    let pluses: UInt64
    /// Whether `#` follows.
    let isOpen: Bool

    var startsWithWildcard: Bool { pluses & 1 != 0 || levelCount == 0 }

    /// Stands for no level: a shape of wildcards alone, or one with too many before its first other level.
    static let noLevel = 63

    /// The first level that is no wildcard.
    var firstTextLevel: Int {
        let level = (~pluses).trailingZeroBitCount
        return level < levelCount ? min(level, Self.noLevel) : Self.noLevel
    }

    /// Whether a topic of so many levels can match.
    func allows(_ count: Int) -> Bool {
        isOpen ? count >= levelCount : count == levelCount
    }
}

/// One thing to look for: the filter of a shape that a topic can have.
struct Probe {
    /// See `Shape`.
    let pluses: UInt64
    /// What pluses and end add to the hash.
    let addend: UInt64
    let levelCount: UInt32
    let isOpen: Bool
    let startsWithWildcard: Bool
    /// See `Shape`.
    let firstTextLevel: UInt8

    init(_ shape: Shape, _ keys: HashKeys) {
        var addend = keys.end(shape.levelCount, isOpen: shape.isOpen)
        for level in 0..<shape.levelCount where shape.pluses >> UInt64(level) & 1 != 0 {
            addend &+= keys.plus(level)
        }
        self.addend = addend
        pluses = shape.pluses
        levelCount = UInt32(shape.levelCount)
        isOpen = shape.isOpen
        startsWithWildcard = shape.startsWithWildcard
        firstTextLevel = UInt8(shape.firstTextLevel)
    }
}

/// What to look for on one bus, by the number of a topic's levels: a record of the arena that never changes.
///
///     byte  0                                      2                     …
///     levelCountMax, the last firstTextLevel | ends of lists for 0, 1, … levels | probes …
///
/// The last list is for topics with more levels than any shape: there only open shapes are in it.
struct ProbePlan {
    let base: UnsafeMutableRawPointer

    /// The number of levels of the deepest shape.
    @inline(__always)
    var levelCountMax: Int { Int(base.load(as: UInt8.self)) }

    /// The last one of the first levels that are no wildcard; 0 when each shape begins with such a level.
    @inline(__always)
    var firstTextLevelMax: Int { Int(base.load(fromByteOffset: 1, as: UInt8.self)) }

    /// The probes for a topic of so many levels; one with more than `levelCountMax` counts as one more.
    @inline(__always)
    func probes(_ levelCount: Int) -> (first: UnsafeMutablePointer<Probe>, count: Int) {
        let end = Int(base.load(fromByteOffset: 2 &+ 2 &* levelCount, as: UInt16.self))
        let start = levelCount == 0 ? 0 : Int(base.load(fromByteOffset: 2 &* levelCount, as: UInt16.self))
        let first = (base + Self.probesOffset(levelCountMax)).assumingMemoryBound(to: Probe.self)
        return (first + start, end &- start)
    }

    /// Behind the first number there is one for each count of levels up to one more than the most.
    @inline(__always)
    private static func probesOffset(_ levelCountMax: Int) -> Int {
        (2 &+ 2 &* (levelCountMax &+ 2) &+ 7) & ~7
    }

    /// The most bytes that a plan for so many shapes takes: every one in the list of every count of levels.
    static func byteCountMax(_ shapeCount: Int) -> Int {
        let levelCountMax = HashKeys.levelCountMax
        return probesOffset(levelCountMax) + (levelCountMax + 2) * shapeCount * MemoryLayout<Probe>.stride
    }

    /// How many bytes the plan for these shapes takes.
    static func byteCount(_ shapes: some Collection<Shape>) -> Int {
        let levelCountMax = shapes.map(\.levelCount).max() ?? 0
        let probeCount = (0...levelCountMax + 1).reduce(0) { sum, levelCount in
            sum + shapes.count { $0.allows(levelCount) }
        }
        return probesOffset(levelCountMax) + probeCount * MemoryLayout<Probe>.stride
    }

    /// Fills in a plan that no reader sees yet.
    func initialize(_ shapes: some Collection<Shape>, _ keys: HashKeys) {
        let levelCountMax = shapes.map(\.levelCount).max() ?? 0
        base.storeBytes(of: UInt8(levelCountMax), as: UInt8.self)
        let firstTextLevelMax = shapes.map(\.firstTextLevel).max() ?? 0
        base.storeBytes(of: UInt8(firstTextLevelMax), toByteOffset: 1, as: UInt8.self)
        let probes = (base + Self.probesOffset(levelCountMax)).assumingMemoryBound(to: Probe.self)
        var end = 0
        for levelCount in 0...levelCountMax + 1 {
            for shape in shapes where shape.allows(levelCount) {
                probes.advanced(by: end).initialize(to: Probe(shape, keys))
                end += 1
            }
            base.storeBytes(of: UInt16(end), toByteOffset: 2 + 2 * levelCount, as: UInt16.self)
        }
    }
}
