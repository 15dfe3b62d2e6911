/// What a pass over topics found.
struct Tally: Equatable {
    /// Matching subscribers, over all topics.
    var matchCount = 0
    /// The sum of their ids.
    var idSum: UInt64 = 0
}
