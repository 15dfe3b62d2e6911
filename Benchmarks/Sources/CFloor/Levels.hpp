#pragma once

#include <cstddef>
#include <cstdint>

/// Topics and filters with more levels are cut off here.
constexpr size_t levelCountMax = 64;

struct Level {
    const uint8_t *start;
    size_t length;

    const uint8_t *end() const { return start + length; }
    bool is(char character) const { return length == 1 && *start == static_cast<uint8_t>(character); }
    bool isWildcard() const { return is('+') || is('#'); }
};

/// The levels of a topic name or filter.
struct Levels {
    Level at[levelCountMax];
    size_t count = 0;

    Levels(const uint8_t *text, size_t length) {
        const uint8_t *start = text;
        const uint8_t *end = text + length;
        for (const uint8_t *next = text;; next++) {
            if (next < end && *next != '/') continue;
            at[count++] = {start, static_cast<size_t>(next - start)};
            if (next == end || count == levelCountMax) return;
            start = next + 1;
        }
    }

    bool hasWildcard() const {
        for (size_t level = 0; level < count; level++) {
            if (at[level].isWildcard()) return true;
        }
        return false;
    }
};
