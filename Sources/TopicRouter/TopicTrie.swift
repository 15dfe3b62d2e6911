/// The filters of one bus: nodes in one array, found by parent and label through one hash table.
///
///     nodes    root ── a ── + ── b          a/+/b: a node for each level
///              exact ── a/x/b               a filter without wildcards: one node for the whole topic
///     slots    hash(parent, label) → node   open addressing, at most half full
///     labels, subscribers                   what nodes refer to by ranges, end to end
///
/// Every hit is verified byte by byte. `Hasher` is seeded at random in each process, so that nobody can
/// choose topics that collide.
struct TopicTrie {
    private(set) var nodes = [TopicNode(parent: TopicNode.exact, labelStart: 0, labelEnd: 0)]
    private var slots = [UInt32](repeating: TopicNode.root, count: 4)
    private var labels: [UInt8] = []
    private(set) var subscribers: [SubscriberID] = []

    /// The node below `parent` with `label`, or the root for none.
    func child(of parent: UInt32, label: Span<UInt8>) -> UInt32 {
        slots[slot(of: parent, label: label)]
    }

    /// Adds a filter that is not in the trie yet.
    mutating func insert(_ filter: TopicFilter, subscribers ids: Set<SubscriberID>) {
        let first = subscribers.count
        subscribers.append(contentsOf: ids)
        let range = first..<subscribers.count
        let levels = filter.utf8.span
        guard filter.hasWildcard else {
            nodes[Int(insertChild(of: TopicNode.exact, label: levels))].subscribers = range
            return
        }
        var node = TopicNode.root
        var start = 0
        while levels.hasLevel(at: start) {
            if levels.isMultiLevelWildcard(at: start) {
                nodes[Int(node)].multiLevelSubscribers = range
                return
            }
            let end = levels.endOfLevel(at: start)
            let child = insertChild(of: node, label: levels.extracting(start..<end))
            if levels.isSingleLevelWildcard(at: start) {
                nodes[Int(node)].singleLevelChild = child
            }
            node = child
            start = end + 1
        }
        nodes[Int(node)].subscribers = range
    }

    private mutating func insertChild(of parent: UInt32, label: Span<UInt8>) -> UInt32 {
        let slot = slot(of: parent, label: label)
        guard slots[slot] == TopicNode.root else { return slots[slot] }
        let node = UInt32(nodes.count)
        let labelStart = labels.count
        label.withUnsafeBufferPointer { labels.append(contentsOf: $0) }
        nodes.append(TopicNode(parent: parent, labelStart: labelStart, labelEnd: labels.count))
        slots[slot] = node
        if nodes.count * 2 > slots.count {
            growSlots()
        }
        return node
    }

    private mutating func growSlots() {
        slots = [UInt32](repeating: TopicNode.root, count: slots.count * 2)
        for number in nodes.indices.dropFirst() {
            let node = nodes[number]
            let slot = slot(of: node.parent, label: labels.span.extracting(node.labelStart..<node.labelEnd))
            slots[slot] = UInt32(number)
        }
    }

    /// The slot of the node below `parent` with `label`, or the free one where it belongs.
    private func slot(of parent: UInt32, label: Span<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(parent)
        label.withUnsafeBytes { hasher.combine(bytes: $0) }
        let mask = slots.count - 1
        var slot = hasher.finalize() & mask
        while slots[slot] != TopicNode.root, !isNode(slots[slot], parent: parent, label: label) {
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func isNode(_ number: UInt32, parent: UInt32, label: Span<UInt8>) -> Bool {
        let node = nodes[Int(number)]
        return node.parent == parent
            && labels.span.extracting(node.labelStart..<node.labelEnd).hasSameBytes(as: label)
    }
}
