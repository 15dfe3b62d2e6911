extension TopicTrie {
    /// Calls `body` with the subscribers of every filter that matches `topic`, in no promised order.
    ///
    /// It needs no memory, however many levels there are: a node is as deep as levels were read, so that the
    /// way back is the parent and the level before.
    func match(_ topic: Span<UInt8>, _ body: (Span<SubscriberID>) -> Void) {
        report(nodes[Int(child(of: TopicNode.exact, label: topic))].subscribers, body)
        var node = TopicNode.root
        var start = 0
        if !topic.startsWithDollar {
            report(nodes[Int(node)].multiLevelSubscribers, body)
        }
        while moveDown(&node, start: &start, topic: topic) || moveAcross(&node, start: &start, topic: topic) {
            report(nodes[Int(node)].multiLevelSubscribers, body)
            if !topic.hasLevel(at: start) {
                report(nodes[Int(node)].subscribers, body)
            }
        }
    }

    private func report(_ range: Range<Int>, _ body: (Span<SubscriberID>) -> Void) {
        if !range.isEmpty {
            body(subscribers.span.extracting(range))
        }
    }

    /// Goes to the child for the level at `start`, or else to the child for `+`.
    private func moveDown(_ node: inout UInt32, start: inout Int, topic: Span<UInt8>) -> Bool {
        guard topic.hasLevel(at: start) else { return false }
        let end = topic.endOfLevel(at: start)
        var next = child(of: node, label: topic.extracting(start..<end))
        if next == TopicNode.root {
            next = singleLevelChild(of: node, topic: topic)
        }
        guard next != TopicNode.root else { return false }
        node = next
        start = end + 1
        return true
    }

    /// Goes back up as far as to the first node whose child for `+` is still to be tried, and to that child.
    private func moveAcross(_ node: inout UInt32, start: inout Int, topic: Span<UInt8>) -> Bool {
        while node != TopicNode.root {
            let tried = node
            node = nodes[Int(node)].parent
            start = topic.startOfLevel(before: start)
            let next = singleLevelChild(of: node, topic: topic)
            if next != TopicNode.root, next != tried {
                node = next
                start = topic.endOfLevel(at: start) + 1
                return true
            }
        }
        return false
    }

    /// The child for `+`, or the root for none; a `+` at the start does not match a topic that starts with
    /// `$`.
    private func singleLevelChild(of node: UInt32, topic: Span<UInt8>) -> UInt32 {
        node == TopicNode.root && topic.startsWithDollar ? TopicNode.root : nodes[Int(node)].singleLevelChild
    }
}
