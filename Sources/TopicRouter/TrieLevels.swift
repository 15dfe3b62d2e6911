/// The levels of a topic, as far as a search in a trie has come.
///
/// Each is found and hashed once, however many nodes it is looked up in: else a topic with one level of
/// 60,000 bytes would be hashed for every node that leads there.
struct TrieLevels {
    /// The most levels that a topic has: one more than separators.
    static let countMax = TopicName.byteCountMax + 1

    struct Level {
        fileprivate let start: UInt32
        fileprivate let end: UInt32
        fileprivate let hash: UInt64
    }

    private let topic: UnsafeRawPointer
    private let keys: HashKeys
    private let levels: UnsafeMutablePointer<Level>
    private var walk: LevelWalk
    private var count = 0

    /// Takes a topic apart in memory for `countMax` levels.
    init(
        _ topic: UnsafeRawPointer,
        _ byteCount: Int,
        keys: HashKeys,
        in levels: UnsafeMutablePointer<Level>
    ) {
        self.topic = topic
        self.keys = keys
        self.levels = levels
        walk = LevelWalk(topic, byteCount)
    }

    /// Whether the topic has the level at `number`; it must have the one before.
    mutating func hasLevel(_ number: Int) -> Bool {
        guard number == count else { return number < count }
        guard !walk.isAtEnd else { return false }
        let start = walk.position
        let hash = walk.next(keys, 0)
        levels.advanced(by: count).initialize(
            to: Level(start: UInt32(start), end: UInt32(walk.position - 1), hash: hash)
        )
        count += 1
        return true
    }

    /// The level at `number`, which must have been asked for.
    subscript(number: Int) -> (text: UnsafeRawPointer, byteCount: Int, hash: UInt64) {
        let level = levels[number]
        return (topic + Int(level.start), Int(level.end - level.start), level.hash)
    }
}
