internal import BenchmarkSupport

/// What is matched while hostile filters are there.
enum HostileTopics: String {
    /// Other clients' topics: those of `w2`, and those of `w4`, which match nothing.
    case w2
    case w4
    /// Topics that the hostile client publishes on itself: 1,000 levels; 65,535 bytes in one level; as many
    /// separators; and one that leads through every second node to a level of almost 65,535 bytes.
    case levels
    case bytes
    case separators
    case maze

    /// So many that they don't all stay in the caches, and so few that a pass through a trie ends soon.
    private static let topicCount = 10_000
    private static let byteCountMax = 65_535
    private static let levelCount = 1_000

    /// The topics.
    func lines(folder: String) throws -> Lines {
        switch self {
        case .w2, .w4:
            try Lines(file: folder + "/" + rawValue + ".topics", limit: Self.topicCount)
        case .levels: Lines([Self.repeated(HostileFilters.hostileLevel, Self.levelCount)])
        case .bytes: Lines([Array(repeating: UInt8(ascii: "x"), count: Self.byteCountMax)])
        case .separators: Lines([Array(repeating: UInt8(ascii: "/"), count: Self.byteCountMax)])
        case .maze: Lines([Self.wayToLongLevel])
        }
    }

    /// Filters that lead to the end of these topics.
    var filters: Lines {
        switch self {
        case .w2, .w4: Lines([])
        case .levels:
            Lines([Self.repeated(HostileFilters.hostileLevel, Self.levelCount - 1) + Array("/+".utf8)])
        case .bytes: Lines([Array("+".utf8)])
        case .separators:
            Lines([Array(repeating: UInt8(ascii: "/"), count: Self.byteCountMax - 1) + Array("#".utf8)])
        case .maze: Lines([])
        }
    }

    private static var wayToLongLevel: [UInt8] {
        let start = repeated(HostileFilters.hostileLevel, 14) + Array("/".utf8)
        return start + Array(repeating: UInt8(ascii: "x"), count: byteCountMax - start.count)
    }

    private static func repeated(_ level: [UInt8], _ count: Int) -> [UInt8] {
        Array(Array(repeating: level, count: count).joined(separator: Array("/".utf8)))
    }
}
