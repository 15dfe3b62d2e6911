internal import BenchmarkSupport
internal import TopicRouter

/// A table of rows for 10,000 sources, which are on buses of their own or on few.
struct BusTable {
    private static let sourceCount = 10_000
    private static let rowsOfSource = 10

    private let changes: [TopicIndex.Change]

    /// Makes the rows, each with a text of its own: exact ones, or with two `+` and one `#` among ten.
    init(busCount: Int, hasWildcards: Bool) throws {
        var changes: [TopicIndex.Change] = []
        for source in 0..<Self.sourceCount {
            for number in 0..<Self.rowsOfSource {
                let base = "factory/\(source)/line/\(number)"
                let filter =
                    switch hasWildcards ? number : 0 {
                    case 0..<7: base + "/sensor/temp"
                    case 7..<9: base + "/+/temp"
                    default: base + "/#"
                    }
                changes.append(
                    .subscribe(
                        SubscriberID(rawValue: UInt32(source)),
                        to: try TopicFilter(filter),
                        on: BusID(rawValue: UInt32(source % busCount))
                    )
                )
            }
        }
        self.changes = changes
    }

    /// What the process has more with the table than without, for each row.
    func bytesOfRow() throws -> Double {
        let index = TopicIndex()
        let before = try residentBytes()
        index.apply(changes)
        let after = try residentBytes()
        guard index.subscriptionCount == changes.count else { throw BenchmarkError("rows are missing") }
        return Double(after - before) / Double(changes.count)
    }
}
