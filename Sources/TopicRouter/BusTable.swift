/// The subscriptions of one bus, as readers match in them.
///
/// A table never changes, so that any number of threads may match in it at once.
final class BusTable: Sendable {
    let trie: TopicTrie

    init(_ subscriptions: [TopicFilter: Set<SubscriberID>]) {
        var trie = TopicTrie()
        for (filter, subscribers) in subscriptions {
            trie.insert(filter, subscribers: subscribers)
        }
        self.trie = trie
    }
}
