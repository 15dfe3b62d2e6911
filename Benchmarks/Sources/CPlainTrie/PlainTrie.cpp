#include "CPlainTrie.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using Text = std::string_view;
using Subscribers = std::vector<uint32_t>;

/// A level of the filters that have everything up to it in common.
struct Node {
    std::string label;
    /// By their labels; the child for '+' is apart, since every level goes there too.
    std::unordered_map<Text, std::unique_ptr<Node>> children;
    std::unique_ptr<Node> singleLevel;
    /// Of the filter that ends here, and of the one that goes on with '#'.
    Subscribers ending;
    Subscribers multiLevel;

    Node &child(Text level) {
        if (level == "+") {
            if (!singleLevel) singleLevel = std::make_unique<Node>();
            return *singleLevel;
        }
        auto found = children.find(level);
        if (found != children.end()) return *found->second;
        auto made = std::make_unique<Node>();
        made->label = level;
        Text key = made->label;
        return *children.emplace(key, std::move(made)).first->second;
    }
};

/// Where the level at `start` ends. Behind the last level, which ends with the text, there is none.
size_t endOfLevel(Text text, size_t start) { return std::min(text.find('/', start), text.size()); }

bool hasLevel(Text text, size_t start) { return start <= text.size(); }

/// One match under way.
struct Search {
    Text topic;
    size_t count;
    uint64_t sum;

    void visit(const Subscribers &subscribers) {
        count += subscribers.size();
        for (uint32_t subscriber : subscribers) sum += subscriber;
    }

    /// Looks below a node for the levels from `start` on.
    void descend(const Node &node, size_t start, bool hidesWildcards) {
        if (!hidesWildcards) visit(node.multiLevel);
        if (!hasLevel(topic, start)) {
            visit(node.ending);
            return;
        }
        size_t end = endOfLevel(topic, start);
        auto found = node.children.find(topic.substr(start, end - start));
        if (found != node.children.end()) descend(*found->second, end + 1, false);
        if (node.singleLevel && !hidesWildcards) descend(*node.singleLevel, end + 1, false);
    }
};

Text text(const uint8_t *bytes, size_t length) { return {reinterpret_cast<const char *>(bytes), length}; }

}  // namespace

struct PlainTrie {
    Node root;

    void add(Text filter, uint32_t subscriber) {
        Node *node = &root;
        for (size_t start = 0; hasLevel(filter, start);) {
            size_t end = endOfLevel(filter, start);
            Text level = filter.substr(start, end - start);
            if (level == "#") {
                node->multiLevel.push_back(subscriber);
                return;
            }
            node = &node->child(level);
            start = end + 1;
        }
        node->ending.push_back(subscriber);
    }
};

PlainTrie *plain_trie_create(void) { return new PlainTrie; }

void plain_trie_destroy(PlainTrie *trie) { delete trie; }

void plain_trie_add(PlainTrie *trie, const uint8_t *filter, size_t length, uint32_t subscriber) {
    trie->add(text(filter, length), subscriber);
}

size_t plain_trie_match_all(const PlainTrie *trie, PlainTrieTopics topics, uint64_t *sum) {
    Search search{{}, 0, 0};
    for (size_t number = 0; number < topics.count; number++) {
        search.topic = text(topics.bytes + topics.starts[number], topics.lengths[number]);
        // A filter that starts with a wildcard doesn't match a topic that starts with '$'.
        search.descend(trie->root, 0, search.topic[0] == '$');
    }
    *sum += search.sum;
    return search.count;
}
