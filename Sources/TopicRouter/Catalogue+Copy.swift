extension Catalogue {
    /// Takes over every subscription of another generation.
    ///
    /// - Returns: `false` if there was no room for all; some are taken over then.
    func insertAll(of other: Catalogue) -> Bool {
        let generation = other.generation
        for table in [generation.topics, generation.others] {
            for position in 0..<table.slotCount {
                guard let number = table.record(at: position) else { continue }
                let record = generation[number]
                switch record.kind {
                case .topic, .shaped, .deep:
                    guard insert(record, of: other) else { return false }
                case .node, .bus, nil:
                    break
                }
            }
        }
        countSubscriptions(other.state.pointee.subscriptionCount)
        return true
    }

    private func insert(_ record: Record, of other: Catalogue) -> Bool {
        let bytes = UnsafeRawBufferPointer(start: record.filterBytes, count: record.byteCount)
        let filter = TopicFilter(validated: Array(bytes), hasWildcard: record.kind != .topic)
        guard
            hasRoom(
                for: Room(
                    filter,
                    subscriberCount: record.subscribers.count,
                    planUnits: planUnitsMax(record.owner)
                )
            )
        else { return false }
        let place = FilterPlace(filter, bus: record.owner, keys: generation.keys)
        insert(filter, bus: record.owner, at: place, takeOver(record.subscribers, of: other))
        return true
    }
}
