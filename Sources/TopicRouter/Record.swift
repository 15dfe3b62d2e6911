import Synchronization

/// A record of the index, by its place in memory.
///
///     byte  0        4           8            16
///     filter  bus    | length, kind | subscribers | the filter's bytes …
///     node    parent | length, kind | + child, filter | # filter, children | labels | the level's … (32)
///     bus     bus    | kind         | plan, trie  | first levels … (48)
///
/// The first word, owner with length and kind, and the bytes never change while a reader may see the record.
/// The words behind it are changed by one store each.
struct Record {
    enum Kind: UInt32 {
        /// A filter without wildcards: a topic.
        case topic
        /// A filter with wildcards, found by its shape.
        case shaped
        /// A filter with wildcards that the trie leads to.
        case deep
        /// A node of the trie.
        case node
        /// What a bus has besides topics.
        case bus
    }

    static let filterBytesOffset = 16
    static let nodeBytesOffset = 32
    static let busByteCount = 48

    let base: UnsafeMutableRawPointer

    @inline(__always)
    init(_ base: UnsafeMutableRawPointer) {
        self.base = base
    }

    /// The first word of a record.
    @inline(__always)
    static func header(_ kind: Kind, owner: UInt32, byteCount: Int) -> UInt64 {
        UInt64(owner) | UInt64(UInt32(truncatingIfNeeded: byteCount) << 3 | kind.rawValue) << 32
    }

    @inline(__always)
    var header: UInt64 {
        get { base.load(as: UInt64.self) }
        nonmutating set { base.storeBytes(of: newValue, as: UInt64.self) }
    }

    var owner: UInt32 { UInt32(truncatingIfNeeded: header) }

    @inline(__always)
    var byteCount: Int { Int(header >> 35) }

    var kind: Kind? { Kind(rawValue: UInt32(header >> 32 & 7)) }

    @inline(__always)
    private func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (base + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @inline(__always)
    private func read(_ offset: Int) -> UInt32 {
        word(offset).pointee.load(ordering: .acquiring)
    }

    private func write(_ value: UInt32, _ offset: Int) {
        word(offset).pointee.store(value, ordering: .releasing)
    }
}

/// A filter.
extension Record {
    var filterBytes: UnsafeMutableRawPointer { base + Self.filterBytesOffset }

    /// Who is subscribed: in one word, so that a reader gets the list that goes with its count.
    var subscribers: SubscriberWord {
        @inline(__always)
        get {
            SubscriberWord(
                rawValue: (base + 8).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
                    .load(ordering: .acquiring)
            )
        }
        nonmutating set {
            (base + 8).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
                .store(newValue.rawValue, ordering: .releasing)
        }
    }
}

/// A node.
extension Record {
    var label: UnsafeMutableRawPointer { base + Self.nodeBytesOffset }

    /// The child for the level `+`; 0 for none.
    var plusChild: UInt32 {
        get { read(8) }
        nonmutating set { write(newValue, 8) }
    }

    /// The filter that ends here; 0 for none.
    var filter: UInt32 {
        get { read(12) }
        nonmutating set { write(newValue, 12) }
    }

    /// The filter that goes on with `#`, and so matches here and everywhere below; 0 for none.
    var openFilter: UInt32 {
        get { read(16) }
        nonmutating set { write(newValue, 16) }
    }

    /// How many children there are; for the writer alone.
    var childCount: UInt32 {
        get { read(20) }
        nonmutating set { write(newValue, 20) }
    }

    /// Whether there may be a child whose label has this hash.
    ///
    /// A set of 64 bits, so that a node with few children is not looked for in the table in vain; bits of
    /// children that are gone stay until the next generation.
    @inline(__always)
    func mayHaveChild(_ label: UInt64) -> Bool {
        childLabels.pointee.load(ordering: .acquiring) &>> (label & 63) & 1 != 0
    }

    /// Notes that there is a child whose label has this hash.
    func noteChild(_ label: UInt64) {
        let labels = childLabels.pointee.load(ordering: .relaxed)
        childLabels.pointee.store(labels | 1 &<< (label & 63), ordering: .releasing)
    }

    func clearChildLabels() {
        childLabels.pointee.store(0, ordering: .relaxed)
    }

    private var childLabels: UnsafeMutablePointer<Atomic<UInt64>> {
        (base + 24).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// A bus.
extension Record {
    /// What to look for on it; 0 for nothing.
    var plan: UInt32 {
        get { read(8) }
        nonmutating set { write(newValue, 8) }
    }

    /// Whether in a filter with a shape the first level that is no wildcard may have this hash.
    ///
    /// A set of 256 bits; bits of filters that are gone stay until the next generation.
    @inline(__always)
    func mayHaveFirst(_ level: UInt64) -> Bool {
        firstLevels(level).pointee.load(ordering: .acquiring) &>> (level & 63) & 1 != 0
    }

    /// Notes that there is a filter whose first level that is no wildcard has this hash.
    func noteFirst(_ level: UInt64) {
        let word = firstLevels(level).pointee.load(ordering: .relaxed)
        firstLevels(level).pointee.store(word | 1 &<< (level & 63), ordering: .releasing)
    }

    func clearFirstLevels() {
        for word: UInt64 in 0..<4 {
            firstLevels(word << 6).pointee.store(0, ordering: .relaxed)
        }
    }

    @inline(__always)
    private func firstLevels(_ level: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + 16 + Int(level &>> 6 & 3) &* 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The root of its trie; 0 for none.
    var trie: UInt32 {
        get { read(12) }
        nonmutating set { write(newValue, 12) }
    }
}

/// Who is subscribed to a filter: one subscriber by its id, or the list of several.
///
///     63      32 31      0
///       list    | count        a list: capacity, then the ids
///       0       | id           one
struct SubscriberWord {
    /// Where a list's ids begin.
    static let idsOffset = 8

    let rawValue: UInt64

    @inline(__always)
    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(_ subscriber: SubscriberID) {
        rawValue = UInt64(subscriber.rawValue)
    }

    init(list: UInt32, count: Int) {
        rawValue = UInt64(list) << 32 | UInt64(count)
    }

    @inline(__always)
    var list: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    @inline(__always)
    var low: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    var count: Int { list == 0 ? 1 : Int(low) }
}
