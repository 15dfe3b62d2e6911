internal import BenchmarkSupport
internal import TopicRouter

/// Filters of all lengths and shapes, one after the other.
struct ChurnFilters {
    /// For so many steps the chosen lengths are the same; then each is larger by one unit of the index' memory,
    /// so that what was freed never fits.
    private static let stepsOfLength = 5_000
    private static let lengthUnit = 8
    private static let lengthCount = 100
    private static let byteCountMax = TopicFilter.byteCountMax

    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// The filter for a step.
    mutating func next(_ step: Int) throws -> TopicFilter {
        switch random.next(below: 10_000) {
        case 0:
            try TopicFilter(utf8: text(byteCount: Self.byteCountMax))
        case 1..<50:
            try TopicFilter(levels(random.next(below: 1_000) + 1))
        case 50..<3_000:
            try TopicFilter(levels(random.next(below: 8) + 1))
        case 3_000..<6_500:
            try TopicFilter(utf8: text(byteCount: random.next(below: 200) + 1))
        default:
            try TopicFilter(
                utf8: text(byteCount: step / Self.stepsOfLength % Self.lengthCount * Self.lengthUnit + 16)
            )
        }
    }

    /// Levels that are `+` or one of few letters; the last one may be `#`.
    private mutating func levels(_ count: Int) -> String {
        var levels = (0..<count).map { _ in ["+", "+", "a", "b", "c", "d"][random.next(below: 6)] }
        if random.next(below: 3) == 0 {
            levels[count - 1] = "#"
        }
        return levels.joined(separator: "/")
    }

    /// A level drawn at random, and more of the same letter up to the wanted length.
    private mutating func text(byteCount: Int) -> [UInt8] {
        let name = Array("\(random.next())/".utf8.prefix(byteCount))
        return name + [UInt8](repeating: UInt8(ascii: "x"), count: byteCount - name.count)
    }
}
