internal import BenchmarkSupport
internal import CPlainTrie

/// The plain trie, owned.
struct PlainTrieEngine: ~Copyable {
    private let trie: OpaquePointer

    init() {
        trie = plain_trie_create()
    }

    deinit {
        plain_trie_destroy(trie)
    }

    /// Subscribes one subscriber to each filter: `firstID` and its line number.
    func load(_ filters: Lines, firstID: UInt32) {
        for number in 0..<filters.count {
            let filter = filters[number]
            plain_trie_add(trie, filter.baseAddress, filter.count, firstID + UInt32(number))
        }
    }

    func match(_ topics: Lines) -> Tally {
        let trieTopics = PlainTrieTopics(
            bytes: topics.bytes.baseAddress,
            starts: topics.starts.baseAddress,
            lengths: topics.lengths.baseAddress,
            count: topics.count
        )
        var tally = Tally()
        tally.matchCount = plain_trie_match_all(trie, trieTopics, &tally.idSum)
        return tally
    }
}
