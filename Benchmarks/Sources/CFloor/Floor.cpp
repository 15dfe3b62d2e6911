#include "CFloor.h"

#include <algorithm>
#include <vector>

#include "FlatTable.hpp"
#include "Hash.hpp"
#include "Levels.hpp"
#include "RecordArena.hpp"

// Filters without wildcards are found by one hash of the whole topic.
//
// For the others, tuple-space search: a filter's shape is how many levels it has, which of them are '+', and
// whether '#' follows. There are few shapes, 25 among 30,000 filters of the workload w2. For each shape that
// fits a topic there is exactly one key that a matching filter must have, and that key needs no new hashing:
// it is the sum of one number for each level, so that the sums of the first k levels serve all shapes, and a
// '+' trades its level's number for its own. All keys are known before the first is looked up, so that the
// loads overlap, where a trie has to wait for one node to find the next.

namespace {

/// The levels that are '+', as bits.
using SingleLevels = uint64_t;

/// Numbers that tell positions and endings apart; any will do.
struct Salts {
    uint64_t level[levelCountMax + 1];
    uint64_t singleLevel[levelCountMax + 1];
    uint64_t end[levelCountMax + 1];
    uint64_t multiLevel[levelCountMax + 1];

    Salts() {
        uint64_t state = 0;
        for (auto *salts : {level, singleLevel, end, multiLevel}) {
            for (size_t position = 0; position <= levelCountMax; position++) {
                state += 0x9E3779B97F4A7C15;
                salts[position] = hash::fold(state, 0xBF58476D1CE4E5B9);
            }
        }
    }

    uint64_t number(const Level &text, size_t position) const {
        return hash::fold(hash::of(text.start, text.length) ^ level[position], 0x8EBC6AF09C88C6E3);
    }
};

const Salts salts;

struct Shape {
    SingleLevels singleLevels;
    uint32_t filterCount;
};

/// Which shapes there are, by the number of levels before the end or the '#'.
class Shapes {
public:
    std::vector<Shape> at[levelCountMax + 1];
    size_t levelCountLimit = 0;  // no shape has as many levels

    void add(size_t levelCount, SingleLevels singleLevels) {
        for (Shape &shape : at[levelCount]) {
            if (shape.singleLevels == singleLevels) {
                shape.filterCount += 1;
                return;
            }
        }
        at[levelCount].push_back({singleLevels, 1});
        levelCountLimit = std::max(levelCountLimit, levelCount + 1);
    }

    void remove(size_t levelCount, SingleLevels singleLevels) {
        auto &shapes = at[levelCount];
        for (Shape &shape : shapes) {
            if (shape.singleLevels != singleLevels) continue;
            if (--shape.filterCount == 0) {
                shape = shapes.back();
                shapes.pop_back();
            }
            return;
        }
    }
};

/// A filter with wildcards: its shape and its key.
struct Pattern {
    size_t levelCount;
    bool isMultiLevel;
    SingleLevels singleLevels = 0;
    uint64_t key = 0;

    explicit Pattern(const Levels &levels) {
        isMultiLevel = levels.at[levels.count - 1].is('#');
        levelCount = levels.count - isMultiLevel;
        for (size_t level = 0; level < levelCount; level++) {
            if (levels.at[level].is('+')) {
                singleLevels |= uint64_t(1) << level;
                key += salts.singleLevel[level];
            } else {
                key += salts.number(levels.at[level], level);
            }
        }
        key += isMultiLevel ? salts.multiLevel[levelCount] : salts.end[levelCount];
    }
};

/// A key to look up, and what a filter found there must look like.
struct Candidate {
    SingleLevels singleLevels;
    uint32_t levelCount;
    bool isMultiLevel;

    /// Whether `record` really is the filter that this shape makes of the topic. Levels between two
    /// wildcards are compared at once, with the separators between them.
    bool isMet(const Record &record, const Levels &topic) const {
        const uint8_t *text = record.text();
        const uint8_t *end = text + record.length;
        for (size_t level = 0; level < levelCount;) {
            size_t length = 1;
            size_t next = level + 1;
            if (isSingleLevel(level)) {
                if (*text != '+') return false;
            } else {
                while (next < levelCount && !isSingleLevel(next)) next++;
                const uint8_t *run = topic.at[level].start;
                length = static_cast<size_t>(topic.at[next - 1].end() - run);
                if (static_cast<size_t>(end - text) < length) return false;
                if (std::memcmp(text, run, length) != 0) return false;
            }
            text += length;
            if (text < end) text++;
            level = next;
        }
        return isMultiLevel ? end - text == 1 && *text == '#' : text >= end;
    }

private:
    bool isSingleLevel(size_t level) const { return singleLevels >> level & 1; }
};

}  // namespace

struct Floor {
    void add(const uint8_t *text, size_t length, uint32_t subscriber) {
        Levels levels(text, length);
        if (!levels.hasWildcard()) {
            uint64_t key = hash::of(text, length);
            uint32_t number = find(exact, key, text, length);
            if (number == FlatTable::none) number = insert(exact, key, text, length);
            pool.add(records[number].subscribers, subscriber);
            return;
        }
        Pattern pattern(levels);
        uint32_t number = find(patterns, pattern.key, text, length);
        if (number == FlatTable::none) {
            number = insert(patterns, pattern.key, text, length);
            shapes(pattern).add(pattern.levelCount, pattern.singleLevels);
            patternCount += 1;
        }
        pool.add(records[number].subscribers, subscriber);
    }

    void remove(const uint8_t *text, size_t length, uint32_t subscriber) {
        Levels levels(text, length);
        if (!levels.hasWildcard()) {
            removeSubscriber(exact, hash::of(text, length), text, length, subscriber);
            return;
        }
        Pattern pattern(levels);
        if (removeSubscriber(patterns, pattern.key, text, length, subscriber)) {
            shapes(pattern).remove(pattern.levelCount, pattern.singleLevels);
            patternCount -= 1;
        }
    }

    size_t match(const uint8_t *topic, size_t length, uint64_t &sum) const {
        uint64_t key = hash::of(topic, length);
        exact.prefetch(key);
        size_t count = patternCount == 0 ? 0 : matchPatterns(Levels(topic, length), sum);
        uint32_t number = find(exact, key, topic, length);
        return number == FlatTable::none ? count : count + pool.visit(records[number].subscribers, sum);
    }

private:
    /// How many keys are made before they are looked up.
    static constexpr size_t candidateCountMax = 64;

    RecordArena records;
    SubscriberPool pool;
    FlatTable exact;
    FlatTable patterns;
    Shapes endingShapes;
    Shapes multiLevelShapes;
    size_t patternCount = 0;

    Shapes &shapes(const Pattern &pattern) { return pattern.isMultiLevel ? multiLevelShapes : endingShapes; }

    uint32_t find(const FlatTable &table, uint64_t key, const uint8_t *text, size_t length) const {
        return table.find(key, [&](uint32_t number) { return records[number].hasText(text, length); });
    }

    uint32_t insert(FlatTable &table, uint64_t key, const uint8_t *text, size_t length) {
        uint32_t number = records.make(text, length);
        table.insert(key, number);
        return number;
    }

    /// Returns whether the filter is gone, because this was its last subscriber.
    bool removeSubscriber(
        FlatTable &table, uint64_t key, const uint8_t *text, size_t length, uint32_t subscriber
    ) {
        uint32_t number = find(table, key, text, length);
        if (number == FlatTable::none) return false;
        pool.remove(records[number].subscribers, subscriber);
        if (records[number].subscribers.first != Subscribers::nobody) return false;
        table.erase(key, number);
        records.free(number);
        return true;
    }

    size_t matchPatterns(const Levels &topic, uint64_t &sum) const {
        uint64_t numbers[levelCountMax];
        uint64_t sums[levelCountMax + 1];
        sums[0] = 0;
        for (size_t level = 0; level < topic.count; level++) {
            numbers[level] = salts.number(topic.at[level], level);
            sums[level + 1] = sums[level] + numbers[level];
        }

        uint64_t keys[candidateCountMax];
        Candidate candidates[candidateCountMax];
        size_t candidateCount = 0;
        size_t matchCount = 0;
        auto lookUp = [&] {
            for (size_t index = 0; index < candidateCount; index++) {
                uint32_t number = patterns.find(keys[index], [&](uint32_t number) {
                    return candidates[index].isMet(records[number], topic);
                });
                if (number != FlatTable::none) matchCount += pool.visit(records[number].subscribers, sum);
            }
            candidateCount = 0;
        };
        auto propose = [&](uint64_t key, Candidate candidate) __attribute__((always_inline)) {
            for (uint64_t left = candidate.singleLevels; left != 0; left &= left - 1) {
                int level = __builtin_ctzll(left);
                key += salts.singleLevel[level] - numbers[level];
            }
            keys[candidateCount] = key;
            candidates[candidateCount] = candidate;
            patterns.prefetch(key);
            if (++candidateCount == candidateCountMax) lookUp();
        };

        auto levelCount = static_cast<uint32_t>(topic.count);
        for (const Shape &shape : endingShapes.at[levelCount]) {
            propose(sums[levelCount] + salts.end[levelCount], {shape.singleLevels, levelCount, false});
        }
        size_t limit = std::min<size_t>(multiLevelShapes.levelCountLimit, topic.count + 1);
        for (uint32_t kept = 0; kept < limit; kept++) {
            for (const Shape &shape : multiLevelShapes.at[kept]) {
                propose(sums[kept] + salts.multiLevel[kept], {shape.singleLevels, kept, true});
            }
        }
        lookUp();
        return matchCount;
    }
};

Floor *floor_create(void) { return new Floor; }

void floor_destroy(Floor *floor) { delete floor; }

void floor_add(Floor *floor, const uint8_t *filter, size_t length, uint32_t subscriber) {
    floor->add(filter, length, subscriber);
}

void floor_remove(Floor *floor, const uint8_t *filter, size_t length, uint32_t subscriber) {
    floor->remove(filter, length, subscriber);
}

size_t floor_match_all(const Floor *floor, FloorTopics topics, uint64_t *sum) {
    size_t count = 0;
    uint64_t ids = 0;
    for (size_t topic = 0; topic < topics.count; topic++) {
        count += floor->match(topics.bytes + topics.starts[topic], topics.lengths[topic], ids);
    }
    *sum += ids;
    return count;
}
