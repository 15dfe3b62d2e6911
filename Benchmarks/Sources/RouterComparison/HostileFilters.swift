internal import BenchmarkSupport

/// Filters that one client registers to make everybody's matches slow: 100,000, each of a shape of its own or of
/// nearly so.
enum HostileFilters: String {
    /// The shapes of few levels, `#` first, which are those that most topics can have; their other levels are in
    /// no other client's topics.
    case strange
    /// Topics of other clients with any of their levels made `+`, so that as many ways as possible lead on;
    /// only the last level is nobody's.
    case alike

    static let count = 100_000
    private static let separator = UInt8(ascii: "/")
    private static let plus = UInt8(ascii: "+")

    /// The filters, in the order in which they are registered.
    func lines(alike topics: Lines) -> Lines {
        switch self {
        case .strange: Lines(Self.strange())
        case .alike: Lines(Self.alike(topics))
        }
    }

    private static func strange() -> [[UInt8]] {
        var filters: [[UInt8]] = []
        for levelCount in 1... {
            // All but the shape of pluses only, which matches everything.
            for pluses in 0..<(1 << levelCount) - 1 {
                guard filters.count < count else { return filters }
                let levels = (0..<levelCount).map { pluses >> $0 & 1 == 1 ? [plus] : hostileLevel }
                filters.append(text(levels) + Array("/#".utf8))
                if pluses > 0 {
                    filters.append(text(levels))
                }
            }
        }
        return filters
    }

    /// The level that is in no other client's topics.
    static let hostileLevel = Array("hostile".utf8)

    private static func alike(_ topics: Lines) -> [[UInt8]] {
        var random = SplitMix64(seed: 1)
        return (0..<count).map { _ in
            let topic = topics[random.next(below: topics.count)]
            let pluses = random.next()
            var levels = topic.split(separator: separator, omittingEmptySubsequences: false).enumerated()
                .map { pluses >> $0 & 1 == 1 ? [plus] : Array($1) }
            levels[levels.count - 1] = hostileLevel
            return text(levels) + Array((random.next() & 1 == 0 ? "" : "/#").utf8)
        }
    }

    private static func text(_ levels: [[UInt8]]) -> [UInt8] {
        Array(levels.joined(separator: [separator]))
    }
}
