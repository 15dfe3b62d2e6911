/// A node of a `TopicTrie`, and with it the label that leads to it.
struct TopicNode {
    /// Where the trie starts; as it is nobody's child, its number also says "none".
    static let root: UInt32 = 0

    /// The parent of every filter without wildcards: such a filter is one node, labelled with the whole
    /// topic.
    static let exact = UInt32.max

    let parent: UInt32
    let labelStart: Int
    let labelEnd: Int
    /// The child for the level `+`, or `root` for none.
    var singleLevelChild = TopicNode.root
    /// Who is subscribed to the filter that ends here, as a range of the trie's subscribers.
    var subscribers = 0..<0
    /// Who is subscribed to the filter that goes on with `#`, and so matches here and everywhere below.
    var multiLevelSubscribers = 0..<0
}
