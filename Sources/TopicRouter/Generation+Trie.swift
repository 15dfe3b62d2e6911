/// Matching in the trie of a bus, which has the filters whose shapes are too many or too deep.
///
/// A node for each level; the child for a level is found by hash, that for `+` through its parent.
extension Generation {
    /// Calls `body` with the subscribers of every filter that matches `topic`, in no promised order.
    ///
    /// It needs no memory, however many levels there are: a node is as deep as levels were read, so that the
    /// way back is the parent and the level before.
    func matchTrie(
        _ root: UInt32,
        _ topic: Span<UInt8>,
        _ scratch: MatchScratch,
        _ body: (Span<SubscriberID>) -> Void
    ) {
        var node = root
        var start = 0
        if !topic.startsWithDollar {
            reportIfAny(self[root].openFilter, scratch, body)
        }
        while moveDown(&node, root, start: &start, topic: topic)
            || moveAcross(&node, root, start: &start, topic: topic)
        {
            reportIfAny(self[node].openFilter, scratch, body)
            if !topic.hasLevel(at: start) {
                reportIfAny(self[node].filter, scratch, body)
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

    /// Goes to the child for the level at `start`, or else to the child for `+`.
    private func moveDown(_ node: inout UInt32, _ root: UInt32, start: inout Int, topic: Span<UInt8>) -> Bool
    {
        guard topic.hasLevel(at: start) else { return false }
        let end = topic.endOfLevel(at: start)
        let child = topic.withUnsafeBytes { bytes in
            bytes.baseAddress.flatMap { findChild(of: node, $0 + start, end - start) }
        }
        let next = child ?? plusChild(of: node, root, topic: topic)
        guard next != 0 else { return false }
        node = next
        start = end + 1
        return true
    }

    /// Goes back up as far as to the first node whose child for `+` is still to be tried, and to that child.
    private func moveAcross(
        _ node: inout UInt32,
        _ root: UInt32,
        start: inout Int,
        topic: Span<UInt8>
    ) -> Bool {
        while node != root {
            let tried = node
            node = self[node].owner
            start = topic.startOfLevel(before: start)
            let next = plusChild(of: node, root, topic: topic)
            if next != 0, next != tried {
                node = next
                start = topic.endOfLevel(at: start) + 1
                return true
            }
        }
        return false
    }

    /// The child for `+`, or 0 for none; a `+` at the start does not match a topic that starts with `$`.
    private func plusChild(of node: UInt32, _ root: UInt32, topic: Span<UInt8>) -> UInt32 {
        node == root && topic.startsWithDollar ? 0 : self[node].plusChild
    }
}
