internal import BenchmarkSupport

/// How the index does against a plain trie while a client has registered hostile filters.
///
/// They come first, when an index may still think that these are what filters look like; then come those of
/// `w2`, one by one as clients subscribe.
struct HostileComparison: ~Copyable {
    private static let honestFile = "/w2.filters"

    private let name: String
    private let topics: Lines
    private var ours: TrellisEngine
    private let trie: PlainTrieEngine
    /// The index without the hostile filters.
    private var calm: TrellisEngine

    /// Loads both; `name` is a kind of filters and a kind of topics, as in `strange.w2`.
    init(_ name: String, folder: String) throws {
        let words = name.split(separator: ".").map(String.init)
        guard words.count == 2, let filters = HostileFilters(rawValue: words[0]),
            let kind = HostileTopics(rawValue: words[1])
        else { throw BenchmarkError("no hostile workload \(name)") }
        let topics = try kind.lines(folder: folder)
        let honest = try Lines(file: folder + Self.honestFile)
        let hostile = filters.lines(alike: try HostileTopics.w2.lines(folder: folder))
        let ours = TrellisEngine()
        let calm = TrellisEngine()
        let trie = PlainTrieEngine()
        var firstID = UInt32(honest.count)
        for lines in [hostile, kind.filters] {
            try ours.subscribe(to: lines, firstID: firstID)
            trie.load(lines, firstID: firstID)
            firstID += UInt32(lines.count)
        }
        try ours.subscribe(to: honest, firstID: 0)
        try calm.subscribe(to: honest, firstID: 0)
        trie.load(honest, firstID: 0)

        self.name = name
        self.topics = topics
        self.ours = ours
        self.calm = calm
        self.trie = trie
    }

    /// Measures both in turn, and then what the index takes without hostile filters.
    mutating func run(pairCount: Int) throws -> (pairs: Pairs, calm: Double) {
        let expected = trie.match(topics)
        guard ours.match(topics) == expected else {
            throw BenchmarkError("\(name): TopicRouter and the plain trie find different subscribers")
        }
        let pairs = try Stopwatch.inTurn(pairCount: pairCount) {
            try Stopwatch.match(topicCount: topics.count, expected: expected) { ours.match(topics) }
        } against: {
            try Stopwatch.match(topicCount: topics.count, expected: expected) { trie.match(topics) }
        }
        let alone = calm.match(topics)
        let times = try (0..<pairCount).map { _ in
            try Stopwatch.match(topicCount: topics.count, expected: alone) { calm.match(topics) }
        }
        return (pairs, times.median)
    }
}
