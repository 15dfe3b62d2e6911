/// The secret numbers that the hashes of one index are made with.
///
/// They are drawn at random for each index, so that nobody outside can choose topics whose hashes collide.
/// The hashes multiply to 128 bits and fold, as wyhash does; every hit is verified, so that a collision costs
/// time and never a wrong answer.
struct HashKeys {
    /// Wildcards are told apart by shape in this many levels; deeper filters go into the trie.
    static let levelCountMax = 64

    private let multiplier: UInt64
    private let topicSeed: UInt64
    private let busSeed: UInt64
    private let edgeSeed: UInt64
    /// Four lists of `levelCountMax + 1` numbers: for levels, pluses, closed ends and open ends.
    private let numbers: UnsafePointer<UInt64>

    /// Draws new keys; `deallocate` frees them.
    static func random() -> HashKeys {
        var generator = SystemRandomNumberGenerator()
        let count = 4 * (levelCountMax + 1)
        let numbers = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        for position in 0..<count {
            numbers.advanced(by: position).initialize(to: generator.next())
        }
        return HashKeys(
            multiplier: generator.next() | 1,
            topicSeed: generator.next(),
            busSeed: generator.next(),
            edgeSeed: generator.next() | 1,
            numbers: UnsafePointer(numbers)
        )
    }

    func deallocate() {
        numbers.deallocate()
    }

    /// The hash of a whole topic or filter on a bus.
    ///
    /// A sum of folded products, each of sixteen bytes. Up to 48 bytes it has no loop and, from 16 on, no
    /// branch: the words are taken from both ends and may overlap.
    @inline(__always)
    func whole(_ bytes: UnsafeRawPointer, _ count: Int, bus: UInt32) -> UInt64 {
        let length = UInt64(truncatingIfNeeded: count) << 32
        let seed = topicSeed ^ ((UInt64(bus) | length) &* multiplier)
        if count >= 16 {
            let rest = count <= 48 ? seed : Self.head(bytes, count, seed: seed, key: topicSeed)
            let start = bytes + max(0, count &- 48)
            let middle = start + min(16, count &- 16)
            let last = bytes + (count &- 16)
            return Self.fold(start.word(at: 0) ^ topicSeed, start.word(at: 8) ^ rest)
                &+ Self.fold(middle.word(at: 0) ^ busSeed, middle.word(at: 8) ^ rest)
                &+ Self.fold(last.word(at: 0) ^ edgeSeed, last.word(at: 8) ^ rest)
        }
        if count >= 8 {
            return Self.fold(bytes.word(at: 0) ^ topicSeed, bytes.word(at: count &- 8) ^ seed)
        }
        return Self.fold(bytes.shortWord(at: 0, count) ^ topicSeed, seed)
    }

    /// The hash of what comes before the last 48 bytes, in steps of 16 from the beginning.
    private static func head(
        _ bytes: UnsafeRawPointer,
        _ count: Int,
        seed: UInt64,
        key: UInt64
    ) -> UInt64 {
        var hash = seed
        var position = 0
        while position < count &- 48 {
            hash = Self.fold(bytes.word(at: position) ^ key, bytes.word(at: position &+ 8) ^ hash)
            position &+= 16
        }
        return hash
    }

    /// Where the hash of the level at `position` begins; `level(_:_:)` goes on with each eight bytes of it.
    @inline(__always)
    func levelStart(_ position: Int) -> UInt64 { numbers[position] }

    /// The hash of a level after eight more bytes of it, zeros behind its end.
    @inline(__always)
    func level(_ hash: UInt64, _ word: UInt64) -> UInt64 { Self.fold(hash ^ word, multiplier) }

    /// What stands for `+` as the level at `position`.
    func plus(_ position: Int) -> UInt64 { numbers[Self.levelCountMax + 1 + position] }

    /// What stands for the end after `levelCount` levels: nothing more, or `#`.
    func end(_ levelCount: Int, isOpen: Bool) -> UInt64 {
        numbers[(isOpen ? 3 : 2) * (Self.levelCountMax + 1) + levelCount]
    }

    @inline(__always)
    func bus(_ bus: UInt32) -> UInt64 { Self.fold(busSeed ^ UInt64(bus), multiplier) }

    /// The hash of a label in a trie: that of a first level.
    func label(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var walk = LevelWalk(bytes, count)
        return walk.next(self, 0)
    }

    /// The hash of the step from a node of a trie to its child with a label of this hash.
    @inline(__always)
    func edge(_ parent: UInt32, _ label: UInt64) -> UInt64 {
        Self.fold(label ^ (UInt64(parent) &* multiplier), edgeSeed)
    }

    @inline(__always)
    private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}

/// Reading bytes eight at a time, never past their end.
extension UnsafeRawPointer {
    /// The eight bytes at `position`, the first one lowest.
    @inline(__always)
    func word(at position: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    /// The `count` bytes at `position`, at most eight, with zeros behind them.
    @inline(__always)
    func shortWord(at position: Int, _ count: Int) -> UInt64 {
        let start = self + position
        if count >= 4 {
            // Two halves that may overlap.
            let low = UInt64(UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)))
            let high = UInt64(
                UInt32(littleEndian: start.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            )
            return count >= 8 ? start.word(at: 0) : low | high &<< UInt64((count &- 4) &* 8)
        }
        guard count > 0 else { return 0 }
        let first = UInt64(start.load(as: UInt8.self))
        let middle = UInt64(start.load(fromByteOffset: count >> 1, as: UInt8.self))
        let last = UInt64(start.load(fromByteOffset: count &- 1, as: UInt8.self))
        return first | middle &<< UInt64((count >> 1) &* 8) | last &<< UInt64((count &- 1) &* 8)
    }

    /// Whether the `count` bytes here and at `other` are the same.
    @inline(__always)
    func hasSameBytes(as other: UnsafeRawPointer, _ count: Int) -> Bool {
        // In line what most topics are; the rest would only be in its way.
        guard count >= 16, count <= 48 else { return hasSameBytesOfAnyNumber(as: other, count) }
        let isSame =
            isSame(as: other, at: 0) .& isSame(as: other, at: min(16, count &- 16))
            .& isSame(as: other, at: count &- 16)
        // All sixteen at once; `all` would look at one after the other.
        let words = unsafeBitCast(isSame, to: SIMD2<UInt64>.self)
        return words.x & words.y == .max
    }

    /// The same for the bytes between two wildcards, of which there are few.
    @inline(__always)
    func hasSameFewBytes(as other: UnsafeRawPointer, _ count: Int) -> Bool {
        guard count <= 16 else { return hasSameBytes(as: other, count) }
        guard count >= 8 else { return shortWord(at: 0, count) == other.shortWord(at: 0, count) }
        return (word(at: 0) ^ other.word(at: 0)) | (word(at: count &- 8) ^ other.word(at: count &- 8)) == 0
    }

    @inline(never)
    private func hasSameBytesOfAnyNumber(as other: UnsafeRawPointer, _ count: Int) -> Bool {
        var position = 0
        while position &+ 8 <= count {
            guard word(at: position) == other.word(at: position) else { return false }
            position &+= 8
        }
        return shortWord(at: position, count &- position) == other.shortWord(at: position, count &- position)
    }

    /// Which of the sixteen bytes at `position` are the same.
    @inline(__always)
    private func isSame(as other: UnsafeRawPointer, at position: Int) -> SIMDMask<SIMD16<Int8>> {
        loadUnaligned(fromByteOffset: position, as: SIMD16<UInt8>.self)
            .== other.loadUnaligned(fromByteOffset: position, as: SIMD16<UInt8>.self)
    }
}
