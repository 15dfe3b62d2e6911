/// Subscribing and unsubscribing.
extension Catalogue {
    /// The record of a filter, if it has subscribers.
    func find(_ filter: TopicFilter, bus: UInt32, at place: FilterPlace) -> UInt32? {
        filter.utf8.withUnsafeBytes { buffer in
            let bytes = buffer.baseAddress.unsafelyUnwrapped
            func find(_ kind: Record.Kind, _ hash: UInt64, in table: SlotTable) -> UInt32? {
                generation.find(kind, owner: bus, bytes, buffer.count, hash, table.home(hash), in: table)
            }
            switch place {
            case .topic(let hash):
                return find(.topic, hash, in: generation.topics)
            case .shape(_, let hash):
                return find(.shaped, hash, in: generation.others) ?? findDeep()
            case .deep:
                return findDeep()
            }
            func findDeep() -> UInt32? {
                guard let busRecord = generation.findBus(bus), generation[busRecord].trie != 0 else {
                    return nil
                }
                return find(.deep, deepHash(filter, bus: bus), in: generation.others)
            }
        }
    }

    /// Adds a filter that has no record yet; there must be room.
    func insert(_ filter: TopicFilter, bus: UInt32, at place: FilterPlace, _ word: SubscriberWord) {
        switch place {
        case .topic(let hash):
            insert(makeFilter(.topic, bus: bus, filter.utf8.span, word), hash, isTopic: true)
        case .shape(let shape, let hash):
            if admit(shape, bus: bus) {
                noteFirstLevel(of: filter, shape, bus: bus)
                insert(makeFilter(.shaped, bus: bus, filter.utf8.span, word), hash, isTopic: false)
            } else {
                insertDeep(filter, bus: bus, word)
            }
        case .deep:
            insertDeep(filter, bus: bus, word)
        }
    }

    /// Removes a filter's record, whose last subscriber is gone.
    func remove(_ record: UInt32, _ filter: TopicFilter, bus: UInt32, at place: FilterPlace) {
        switch (generation[record].kind, place) {
        case (.topic, .topic(let hash)):
            remove(record, hash, isTopic: true)
        case (.shaped, .shape(let shape, let hash)):
            remove(record, hash, isTopic: false)
            dismiss(shape, bus: bus)
        default:
            removeDeep(record, filter, bus: bus)
        }
        retire(record, Record.filterBytesOffset + filter.utf8.count)
    }

    private func noteFirstLevel(of filter: TopicFilter, _ shape: Shape, bus: UInt32) {
        let level = shape.firstTextLevel
        guard level != Shape.noLevel, let record = generation.findBus(bus) else { return }
        filter.utf8.withUnsafeBytes { buffer in
            var walk = LevelWalk(buffer.baseAddress.unsafelyUnwrapped, buffer.count)
            for wildcard in 0..<level {
                _ = walk.next(generation.keys, wildcard)
            }
            generation[record].noteFirst(walk.next(generation.keys, level))
        }
    }

    /// The record of a bus that has more than topics, made if need be.
    private func busRecord(_ bus: UInt32) -> UInt32 {
        if let record = generation.findBus(bus) {
            return record
        }
        let record = allocate(Record.busByteCount)
        generation[record].header = Record.header(.bus, owner: bus, byteCount: 0)
        generation[record].plan = 0
        generation[record].trie = 0
        generation[record].clearFirstLevels()
        insert(record, generation.keys.bus(bus), isTopic: false)
        return record
    }

    /// Forgets a bus that has only topics left.
    private func forgetIfEmpty(_ record: UInt32) {
        let bus = generation[record]
        guard bus.plan == 0, bus.trie == 0 else { return }
        remove(record, generation.keys.bus(bus.owner), isTopic: false)
        retire(record, Record.busByteCount)
    }
}

/// The shapes of a bus.
extension Catalogue {
    /// Counts one more filter of a shape.
    ///
    /// - Returns: `false` if the bus has too many shapes already.
    private func admit(_ shape: Shape, bus: UInt32) -> Bool {
        let counts = state.pointee.shapes[bus] ?? ShapeCounts()
        switch counts.add(shape) {
        case .counted:
            return true
        case .tooMany:
            return false
        case .new:
            state.pointee.shapes[bus] = counts
            replacePlan(of: busRecord(bus))
            return true
        }
    }

    /// Counts one filter of a shape less.
    private func dismiss(_ shape: Shape, bus: UInt32) {
        guard let counts = state.pointee.shapes[bus], counts.remove(shape),
            let record = generation.findBus(bus)
        else { return }
        if counts.shapes.isEmpty {
            state.pointee.shapes[bus] = nil
        }
        replacePlan(of: record)
        forgetIfEmpty(record)
    }

    /// The most units that another plan for the bus can take, with one shape more than now.
    func planUnitsMax(_ bus: UInt32) -> Int {
        let count = state.pointee.shapes[bus]?.shapes.count ?? 0
        return Arena.units(8 + ProbePlan.byteCountMax(count + 1))
    }

    private func replacePlan(of record: UInt32) {
        let bus = generation[record]
        let old = bus.plan
        var new: UInt32 = 0
        if let shapes = state.pointee.shapes[bus.owner]?.shapes {
            let byteCount = ProbePlan.byteCount(shapes)
            // The size goes before the plan, for when it is taken out.
            new = allocate(8 + byteCount) + 1
            state.pointee.arena[new - 1].storeBytes(of: UInt64(byteCount), as: UInt64.self)
            ProbePlan(base: state.pointee.arena[new]).initialize(shapes, generation.keys)
        }
        bus.plan = new
        if old != 0 {
            retire(old - 1, 8 + Int(state.pointee.arena[old - 1].load(as: UInt64.self)))
        }
    }
}

/// The trie of a bus.
extension Catalogue {
    /// Where a filter in the trie is found without walking it.
    private func deepHash(_ filter: TopicFilter, bus: UInt32) -> UInt64 {
        filter.utf8.withUnsafeBytes {
            generation.keys.whole($0.baseAddress.unsafelyUnwrapped, $0.count, bus: bus)
        }
    }

    private func insertDeep(_ filter: TopicFilter, bus: UInt32, _ word: SubscriberWord) {
        let number = makeFilter(.deep, bus: bus, filter.utf8.span, word)
        let record = busRecord(bus)
        if generation[record].trie == 0 {
            generation[record].trie = makeNode(0, filter.utf8.span.extracting(0..<0))
        }
        var node = generation[record].trie
        insert(number, deepHash(filter, bus: bus), isTopic: false)
        let levels = filter.utf8.span
        var start = 0
        while levels.hasLevel(at: start) {
            if levels.isMultiLevelWildcard(at: start) {
                generation[node].openFilter = number
                return
            }
            let end = levels.endOfLevel(at: start)
            let isPlus = levels.isSingleLevelWildcard(at: start)
            node =
                child(of: node, levels.extracting(start..<end), isPlus: isPlus)
                ?? makeChild(
                    of: node,
                    levels.extracting(start..<end),
                    isPlus: isPlus
                )
            start = end + 1
        }
        generation[node].filter = number
    }

    private func removeDeep(_ record: UInt32, _ filter: TopicFilter, bus: UInt32) {
        remove(record, deepHash(filter, bus: bus), isTopic: false)
        guard let busRecord = generation.findBus(bus) else { return }
        let root = generation[busRecord].trie
        var node = root
        let levels = filter.utf8.span
        var start = 0
        while levels.hasLevel(at: start), !levels.isMultiLevelWildcard(at: start) {
            let end = levels.endOfLevel(at: start)
            let isPlus = levels.isSingleLevelWildcard(at: start)
            guard let next = child(of: node, levels.extracting(start..<end), isPlus: isPlus) else { return }
            node = next
            start = end + 1
        }
        if levels.hasLevel(at: start) {
            generation[node].openFilter = 0
        } else {
            generation[node].filter = 0
        }
        prune(node, root)
        if generation[root].isBare {
            generation[busRecord].trie = 0
            retire(root, Record.nodeBytesOffset)
            forgetIfEmpty(busRecord)
        }
    }

    /// Removes nodes that lead nowhere, from this one up.
    private func prune(_ bare: UInt32, _ root: UInt32) {
        var number = bare
        while number != root, generation[number].isBare {
            let node = generation[number]
            let parent = generation[node.owner]
            if parent.plusChild == number {
                parent.plusChild = 0
            } else {
                let hash = generation.keys.label(node.label, node.byteCount)
                remove(number, generation.keys.edge(node.owner, hash), isTopic: false)
            }
            parent.childCount -= 1
            retire(number, Record.nodeBytesOffset + node.byteCount)
            number = node.owner
        }
    }

    private func child(of node: UInt32, _ label: Span<UInt8>, isPlus: Bool) -> UInt32? {
        if isPlus {
            let child = generation[node].plusChild
            return child == 0 ? nil : child
        }
        return withBytes(of: label) {
            generation.findChild(of: node, $0, label.count, generation.keys.label($0, label.count))
        }
    }

    private func makeChild(of parent: UInt32, _ label: Span<UInt8>, isPlus: Bool) -> UInt32 {
        let number = makeNode(parent, label)
        if isPlus {
            generation[parent].plusChild = number
        } else {
            let hash = withBytes(of: label) { generation.keys.label($0, label.count) }
            generation[parent].noteChild(hash)
            insert(number, generation.keys.edge(parent, hash), isTopic: false)
        }
        generation[parent].childCount += 1
        return number
    }

    private func makeNode(_ parent: UInt32, _ label: Span<UInt8>) -> UInt32 {
        let number = allocate(Record.nodeBytesOffset + label.count)
        let node = generation[number]
        node.header = Record.header(.node, owner: parent, byteCount: label.count)
        node.plusChild = 0
        node.filter = 0
        node.openFilter = 0
        node.childCount = 0
        node.clearChildLabels()
        withBytes(of: label) { node.label.copyMemory(from: $0, byteCount: label.count) }
        return number
    }

    /// The bytes of a label, which may be empty and then has an address all the same.
    private func withBytes<Result>(of label: Span<UInt8>, _ body: (UnsafeRawPointer) -> Result) -> Result {
        label.withUnsafeBytes { body($0.baseAddress ?? UnsafeRawPointer(state.pointee.arena.base)) }
    }
}

extension Record {
    /// Whether a node leads nowhere.
    fileprivate var isBare: Bool { filter == 0 && openFilter == 0 && childCount == 0 }
}
