/// All subscriptions, in the form that changes are made in.
struct Subscriptions {
    private(set) var count = 0
    private var buses: [BusID: [TopicFilter: Set<SubscriberID>]] = [:]

    /// Makes changes, in their order.
    ///
    /// - Returns: The buses on which anything changed.
    mutating func apply(_ changes: [TopicIndex.Change]) -> Set<BusID> {
        var changedBuses: Set<BusID> = []
        for change in changes {
            let isEffective = change.isSubscription ? insert(change) : remove(change)
            if isEffective {
                changedBuses.insert(change.bus)
            }
        }
        return changedBuses
    }

    /// What readers match in; `nil` for a bus without subscriptions.
    func tables(of changed: Set<BusID>) -> [BusID: BusTable?] {
        var tables: [BusID: BusTable?] = [:]
        for bus in changed {
            tables.updateValue(buses[bus].map(BusTable.init), forKey: bus)
        }
        return tables
    }

    private mutating func insert(_ change: TopicIndex.Change) -> Bool {
        guard
            buses[change.bus, default: [:]][change.filter, default: []].insert(change.subscriber).inserted
        else { return false }
        count += 1
        return true
    }

    private mutating func remove(_ change: TopicIndex.Change) -> Bool {
        guard buses[change.bus]?[change.filter]?.remove(change.subscriber) != nil else { return false }
        count -= 1
        if buses[change.bus]?[change.filter]?.isEmpty == true {
            buses[change.bus]?[change.filter] = nil
        }
        if buses[change.bus]?.isEmpty == true {
            buses[change.bus] = nil
        }
        return true
    }
}
