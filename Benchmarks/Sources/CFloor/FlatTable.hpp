#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Finds record numbers by 64-bit keys: open addressing with linear probing, four entries a cache line, at
/// most 60 % full. Keys may collide, so whoever looks for one says which record is meant.
class FlatTable {
public:
    static constexpr uint32_t none = UINT32_MAX;

    /// Inlined by force: clang takes it for too large, which costs a fifth of a match.
    template <typename IsMeant>
    [[gnu::always_inline]] uint32_t find(uint64_t key, IsMeant isMeant) const {
        if (count == 0) return none;
        for (size_t slot = key & mask;; slot = (slot + 1) & mask) {
            const Entry &entry = entries[slot];
            if (!entry.isUsed) return none;
            if (entry.key == key && isMeant(entry.record)) return entry.record;
        }
    }

    /// Starts to load the line that `find` will read.
    void prefetch(uint64_t key) const {
        if (count != 0) __builtin_prefetch(&entries[key & mask]);
    }

    void insert(uint64_t key, uint32_t record) {
        if ((count + 1) * 10 > entries.size() * 6) grow();
        place({key, record, 1});
        count += 1;
    }

    /// Closes the gap by moving later entries of the same run back, so that there are no tombstones.
    void erase(uint64_t key, uint32_t record) {
        size_t gap = key & mask;
        while (entries[gap].key != key || entries[gap].record != record) gap = (gap + 1) & mask;
        for (size_t slot = (gap + 1) & mask; entries[slot].isUsed; slot = (slot + 1) & mask) {
            size_t distanceFromHome = (slot - entries[slot].key) & mask;
            size_t distanceFromGap = (slot - gap) & mask;
            if (distanceFromHome >= distanceFromGap) {
                entries[gap] = entries[slot];
                gap = slot;
            }
        }
        entries[gap].isUsed = 0;
        count -= 1;
    }

private:
    struct Entry {
        uint64_t key;
        uint32_t record;
        uint32_t isUsed;
    };

    std::vector<Entry> entries;
    size_t count = 0;
    size_t mask = 0;

    void place(Entry entry) {
        size_t slot = entry.key & mask;
        while (entries[slot].isUsed) slot = (slot + 1) & mask;
        entries[slot] = entry;
    }

    void grow() {
        std::vector<Entry> old(entries.empty() ? 1024 : entries.size() * 2);
        old.swap(entries);
        mask = entries.size() - 1;
        for (const Entry &entry : old) {
            if (entry.isUsed) place(entry);
        }
    }
};
