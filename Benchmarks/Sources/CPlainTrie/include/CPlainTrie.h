#pragma once

/// The plain trie: the index that most brokers have, with a node for each level and a hash map of children in
/// each node.
///
/// It is the measure for input that means harm: such filters and topics cost a trie something too, and an index
/// that is faster on honest ones must not be much slower on these. It trusts that its input is valid, and is for
/// one thread.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct PlainTrie PlainTrie;

/// Where `count` topics lie, one after the other: topic `i` is `lengths[i]` bytes from `bytes + starts[i]`.
typedef struct {
    const uint8_t *bytes;
    const uint32_t *starts;
    const uint32_t *lengths;
    size_t count;
} PlainTrieTopics;

PlainTrie *plain_trie_create(void);
void plain_trie_destroy(PlainTrie *trie);

/// Subscribes; the same subscription twice is two subscriptions.
void plain_trie_add(PlainTrie *trie, const uint8_t *filter, size_t length, uint32_t subscriber);

/// Matches every topic, one after the other; returns how many subscribers match, and adds their ids to `sum`.
///
/// The loop is on this side, so that calls cost nothing.
size_t plain_trie_match_all(const PlainTrie *trie, PlainTrieTopics topics, uint64_t *sum);

#ifdef __cplusplus
}
#endif
