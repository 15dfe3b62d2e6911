import TopicRouter

/// Filters to load an index with, and topics to match against it; the same in every run.
struct Workload {
    let filters: [String]
    let topics: [String]

    static let filterCount = 10_000
    static let topicCount = 1_000

    /// Exact filters of seven levels; each topic hits one.
    static let exact = Workload(
        filters: (0..<filterCount).map(topic),
        topics: (0..<topicCount).map { topic($0 * 7919 % filterCount) }
    )

    /// 70 % exact filters, 20 % with a `+`, 10 % that end in `#`; each topic hits one or more.
    static let mixed = Workload(filters: (0..<filterCount).map(mixedFilter), topics: exact.topics)

    /// The mixed filters, and topics that miss: half at the first level, half at the last.
    static let miss = Workload(
        filters: mixed.filters.filter { !$0.hasSuffix("#") },
        topics: (0..<topicCount).map { $0.isMultiple(of: 2) ? "no" + topic($0) : topic($0) + "/no" }
    )

    private static func topic(_ number: Int) -> String {
        "site/\(number % 10)/line/\(number / 10 % 10)/cell/\(number / 100)/value"
    }

    private static func mixedFilter(_ number: Int) -> String {
        switch number % 10 {
        case 0..<7: topic(number)
        case 7: "site/+/line/\(number / 10 % 10)/cell/\(number / 100)/value"
        case 8: "site/\(number % 10)/line/+/cell/\(number / 100)/value"
        default: "site/\(number % 10)/line/\(number / 10 % 10)/cell/\(number / 100)/#"
        }
    }

    /// An index with one subscription for each filter.
    func makeIndex() throws -> TopicIndex {
        let index = TopicIndex()
        index.apply(
            try filters.enumerated().map {
                .subscribe(
                    SubscriberID(rawValue: UInt32($0.offset)),
                    to: try TopicFilter($0.element),
                    on: bus
                )
            }
        )
        return index
    }
}

/// The bus that the benchmarks subscribe and match on.
let bus = BusID(rawValue: 0)
