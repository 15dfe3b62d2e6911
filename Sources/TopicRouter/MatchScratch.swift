/// What one match writes down for itself: the levels of its topic, and the hashes that it looks for.
///
/// Each reader has one, so that a match needs no other memory.
struct MatchScratch {
    /// One level more than shapes have: where the rest begins.
    private static let levelsMax = HashKeys.levelCountMax + 2
    private static let prefixesOffset = 8
    private static let levelsOffset = prefixesOffset + 8 * levelsMax
    private static let startsOffset = levelsOffset + 8 * levelsMax
    private static let hashesOffset = startsOffset + 8 * levelsMax
    private static let homesOffset = hashesOffset + 8 * Shape.countMax
    private static let textOffset = homesOffset + 8 * Shape.countMax
    private static let byteCount = textOffset + 64 + 8

    private let base: UnsafeMutableRawPointer
    /// For the levels of a topic that is looked for in a trie: a megabyte of address space, of which as much
    /// becomes memory as the deepest search needed.
    let trieLevels: UnsafeMutablePointer<TrieLevels.Level>

    /// Allocates; `deallocate` frees it.
    init() {
        base = .allocate(byteCount: Self.byteCount, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
        trieLevels = .allocate(capacity: TrieLevels.countMax)
    }

    func deallocate() {
        base.deallocate()
        trieLevels.deallocate()
    }

    /// The one subscriber of a filter that has no list.
    @inline(__always)
    var subscriber: UnsafeMutablePointer<SubscriberID> { base.assumingMemoryBound(to: SubscriberID.self) }

    /// The sums of the hashes of the first 0, 1, 2, … levels, on top of the seed.
    @inline(__always)
    var prefixes: UnsafeMutablePointer<UInt64> { words(Self.prefixesOffset) }

    /// The hash of each level.
    @inline(__always)
    var levels: UnsafeMutablePointer<UInt64> { words(Self.levelsOffset) }

    /// Where each level begins.
    @inline(__always)
    var starts: UnsafeMutablePointer<Int> { (base + Self.startsOffset).assumingMemoryBound(to: Int.self) }

    /// What is looked for, and the words at the homes of that.
    @inline(__always)
    var hashes: UnsafeMutablePointer<UInt64> { words(Self.hashesOffset) }

    @inline(__always)
    var homes: UnsafeMutablePointer<UInt64> { words(Self.homesOffset) }

    @inline(__always)
    private func words(_ offset: Int) -> UnsafeMutablePointer<UInt64> {
        (base + offset).assumingMemoryBound(to: UInt64.self)
    }

    /// Splits a topic into its levels and hashes them, the first `levelCountMax` of them.
    ///
    /// - Returns: How many there are; of a deeper topic, `levelCountMax`.
    @inline(__always)
    func read(
        _ topic: UnsafeRawPointer,
        _ byteCount: Int,
        levelCountMax: Int,
        seed: UInt64,
        keys: HashKeys
    ) -> Int {
        if byteCount >= 8, byteCount < 64 {
            return readShort(topic, byteCount, levelCountMax: levelCountMax, seed: seed, keys: keys)
        }
        var walk = LevelWalk(topic, byteCount)
        var sum = seed
        var level = 0
        prefixes[0] = sum
        while level < levelCountMax, !walk.isAtEnd {
            starts[level] = walk.position
            let hash = walk.next(keys, level)
            levels[level] = hash
            sum &+= hash
            level &+= 1
            prefixes[level] = sum
        }
        return level
    }

    /// The same for a topic whose separators fit into one word, with a bit for its end.
    @inline(__always)
    private func readShort(
        _ topic: UnsafeRawPointer,
        _ byteCount: Int,
        levelCountMax: Int,
        seed: UInt64,
        keys: HashKeys
    ) -> Int {
        // A copy, behind whose end there are bytes to read.
        let text = UnsafeMutableRawPointer(base + Self.textOffset)
        let last = byteCount &- 8
        var ends: UInt64 = 1 &<< UInt64(truncatingIfNeeded: byteCount)
        var position = 0
        while position < last {
            let word = topic.word(at: position)
            text.storeBytes(of: word.littleEndian, toByteOffset: position, as: UInt64.self)
            ends |= word.separators &<< UInt64(truncatingIfNeeded: position)
            position &+= 8
        }
        let word = topic.word(at: last)
        text.storeBytes(of: word.littleEndian, toByteOffset: last, as: UInt64.self)
        ends |= word.separators &<< UInt64(truncatingIfNeeded: last)
        var sum = seed
        var level = 0
        var start = 0
        prefixes[0] = sum
        while true {
            let end = ends.trailingZeroBitCount
            starts[level] = start
            var hash = keys.levelStart(level)
            let isEmpty = start == end
            while end &- start >= 8 {
                hash = keys.level(hash, UnsafeRawPointer(text).word(at: start))
                start &+= 8
            }
            if start < end || isEmpty {
                let kept = (1 &<< UInt64(truncatingIfNeeded: (end &- start) &* 8)) &- 1
                hash = keys.level(hash, UnsafeRawPointer(text).word(at: start) & kept)
            }
            levels[level] = hash
            sum &+= hash
            level &+= 1
            prefixes[level] = sum
            ends &= ends &- 1
            guard ends != 0, level < levelCountMax else { return level }
            start = end &+ 1
        }
    }
}

extension UInt64 {
    /// Which of the eight bytes are level separators, one bit each, the lowest byte first.
    @inline(__always)
    fileprivate var separators: UInt64 {
        let sevenBits: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        let bytes = self ^ 0x2F2F_2F2F_2F2F_2F2F
        let isOther = ((bytes & sevenBits) &+ sevenBits) | bytes | sevenBits
        // The product puts the eight bits side by side into the highest byte.
        return ((~isOther &>> 7) &* 0x0102_0408_1020_4080) &>> 56
    }
}

/// Goes through the levels of a topic or filter, eight bytes at a time, and hashes each.
struct LevelWalk {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080
    private static let separators: UInt64 = 0x2F2F_2F2F_2F2F_2F2F

    private let bytes: UnsafeRawPointer
    private let byteCount: Int
    /// Where the next level begins; behind the end by one when there is none.
    private(set) var position = 0

    @inline(__always)
    init(_ bytes: UnsafeRawPointer, _ byteCount: Int) {
        self.bytes = bytes
        self.byteCount = byteCount
    }

    @inline(__always)
    var isAtEnd: Bool { position > byteCount }

    /// The hash of the next level, as the one at `number`.
    @inline(__always)
    mutating func next(_ keys: HashKeys, _ number: Int) -> UInt64 {
        var hash = keys.levelStart(number)
        let start = position
        while true {
            let word = word
            let marks = word ^ Self.separators
            let found = (marks &- Self.ones) & ~marks & Self.highBits
            if found != 0 {
                let bits = UInt64(found.trailingZeroBitCount & ~7)
                let length = Int(bits >> 3)
                if length > 0 || position == start {
                    hash = keys.level(hash, word & ((1 &<< bits) &- 1))
                }
                position &+= length &+ 1
                return hash
            }
            let rest = byteCount &- position
            if rest <= 8 {
                if rest > 0 || position == start {
                    hash = keys.level(hash, word)
                }
                position = byteCount &+ 1
                return hash
            }
            hash = keys.level(hash, word)
            position &+= 8
        }
    }

    /// The next eight bytes; zeros behind the end.
    @inline(__always)
    private var word: UInt64 {
        let rest = byteCount &- position
        if rest >= 8 {
            return bytes.word(at: position)
        }
        if byteCount >= 8, rest > 0 {
            return bytes.word(at: byteCount &- 8) &>> UInt64((8 &- rest) &* 8)
        }
        return bytes.shortWord(at: position, rest)
    }
}
