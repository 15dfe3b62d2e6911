/// Matching in the trie of a bus, which has the filters whose shapes are too many or too deep.
///
/// A node for each level; the child for a level is found by hash, that for `+` through its parent.
extension Generation {
    /// Calls `body` with the subscribers of every filter that matches the topic, in no promised order.
    ///
    /// No node is visited twice, so that filters and topics that mean harm make it visit all nodes at most.
    /// The way back from one is its parent, so that nothing has to be kept but the topic's levels.
    func matchTrie(
        _ root: UInt32,
        topic: UnsafeRawPointer,
        byteCount: Int,
        scratch: MatchScratch,
        _ body: (Span<SubscriberID>) -> Void
    ) {
        var search = TrieSearch(
            generation: self,
            root: root,
            hidesWildcards: topic.load(as: UInt8.self) == .dollar,
            levels: TrieLevels(topic, byteCount, keys: keys, in: scratch.trieLevels)
        )
        if !search.hidesWildcards {
            reportIfAny(self[root].openFilter, scratch, body)
        }
        while search.moveDown() || search.moveAcross() {
            reportIfAny(self[search.node].openFilter, scratch, body)
            if search.isAtEnd {
                reportIfAny(self[search.node].filter, scratch, body)
            }
        }
    }

    private func reportIfAny(
        _ record: UInt32,
        _ scratch: MatchScratch,
        _ body: (Span<SubscriberID>) -> Void
    ) {
        if record != 0 {
            report(record, scratch, body)
        }
    }
}

/// Where a match is in a trie.
private struct TrieSearch {
    private let generation: Generation
    private let root: UInt32
    /// Whether the topic starts with `$`, which a `+` or `#` at the start does not match.
    let hidesWildcards: Bool
    private var levels: TrieLevels
    private(set) var node: UInt32
    /// How many levels lead to the node.
    private var depth = 0

    init(generation: Generation, root: UInt32, hidesWildcards: Bool, levels: TrieLevels) {
        self.generation = generation
        self.root = root
        self.hidesWildcards = hidesWildcards
        self.levels = levels
        node = root
    }

    /// Whether the topic has no further level.
    var isAtEnd: Bool {
        mutating get { !levels.hasLevel(depth) }
    }

    /// Goes to the child for the next level, or else to the child for `+`.
    mutating func moveDown() -> Bool {
        guard levels.hasLevel(depth) else { return false }
        let label = levels[depth]
        let next =
            generation.findChild(of: node, label.text, label.byteCount, label.hash) ?? plusChild
        guard next != 0 else { return false }
        node = next
        depth += 1
        return true
    }

    /// Goes back up as far as to the first node whose child for `+` is still to be tried, and to that child.
    mutating func moveAcross() -> Bool {
        while node != root {
            let tried = node
            node = generation[node].owner
            depth -= 1
            let next = plusChild
            if next != 0, next != tried {
                node = next
                depth += 1
                return true
            }
        }
        return false
    }

    /// The child for `+`; 0 for none.
    private var plusChild: UInt32 {
        node == root && hidesWildcards ? 0 : generation[node].plusChild
    }
}
