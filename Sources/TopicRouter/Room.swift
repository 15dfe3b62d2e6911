/// What a change may take: memory and places in the tables, rather too much than too little.
struct Room {
    var units: Int
    var topics: Int
    var others: Int

    init(units: Int, topics: Int, others: Int) {
        (self.units, self.topics, self.others) = (units, topics, others)
    }

    /// What the filter takes as a new one, and, with `subscriberCount` subscribers, one more of them; a plan
    /// for its bus takes `planUnits`.
    init(_ filter: TopicFilter, subscriberCount: Int, planUnits: Int) {
        let byteCount = filter.utf8.count
        units = Arena.units(Record.filterBytesOffset + byteCount)
        // A list is at least a quarter full.
        units += Arena.units(Catalogue.listByteCount(max(4, 4 * subscriberCount)))
        guard filter.hasWildcard else {
            (topics, others) = (1, 0)
            return
        }
        // A bus with a list of shapes and a root, and a node for each level.
        let levelCount = filter.utf8.count { $0 == .levelSeparator } + 1
        units += Arena.units(Record.busByteCount) + Arena.units(Record.nodeBytesOffset) + planUnits
        units += levelCount * Arena.units(Record.nodeBytesOffset + 8) + 2 * Arena.units(byteCount)
        (topics, others) = (0, levelCount + 2)
    }
}
