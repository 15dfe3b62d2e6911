/// The whole index at one moment: the tables of all buses that have subscriptions.
struct Snapshot: Sendable {
    private struct Entry {
        let bus: BusID
        let table: BusTable
    }

    /// Counts the changes made to the index so far.
    private(set) var version = 0
    /// Sorted by bus.
    private var entries: [Entry] = []

    /// Replaces the tables of some buses; `nil` stands for a bus that has no subscription any more.
    mutating func replace(_ tables: [BusID: BusTable?]) {
        version += 1
        // Sorted, so that the first load of however many buses only appends.
        for (bus, table) in tables.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let position = position(of: bus)
            if hasEntry(for: bus, at: position) {
                entries.remove(at: position)
            }
            if let table {
                entries.insert(Entry(bus: bus, table: table), at: position)
            }
        }
    }

    /// Calls `body` once for each filter on `bus` that matches `topic`, with its subscribers.
    func match(bus: BusID, topic: Span<UInt8>, _ body: (Span<SubscriberID>) -> Void) {
        let position = position(of: bus)
        if hasEntry(for: bus, at: position) {
            entries.span[position].table.trie.match(topic, body)
        }
    }

    /// The position of the bus' entry, or that where it belongs.
    private func position(of bus: BusID) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].bus.rawValue < bus.rawValue {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    private func hasEntry(for bus: BusID, at position: Int) -> Bool {
        position < entries.count && entries[position].bus == bus
    }
}
