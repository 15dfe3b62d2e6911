#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "Subscribers.hpp"

/// One filter: its text follows in memory, so that a hit reads who is subscribed and verifies the text in
/// the same cache lines.
struct Record {
    Subscribers subscribers;
    uint32_t length;

    const uint8_t *text() const { return reinterpret_cast<const uint8_t *>(this + 1); }

    bool hasText(const uint8_t *other, size_t otherLength) const {
        return length == otherLength && std::memcmp(text(), other, otherLength) == 0;
    }
};

/// All records in one block, in units of eight bytes; a record's number is its offset.
class RecordArena {
public:
    Record &operator[](uint32_t number) { return *reinterpret_cast<Record *>(&units[number]); }
    const Record &operator[](uint32_t number) const {
        return *reinterpret_cast<const Record *>(&units[number]);
    }

    uint32_t make(const uint8_t *text, size_t length) {
        size_t size = unitCount(length);
        uint32_t number;
        if (size < freeListCount && !freeRecords[size].empty()) {
            number = freeRecords[size].back();
            freeRecords[size].pop_back();
        } else {
            number = static_cast<uint32_t>(units.size());
            if (units.capacity() < units.size() + size) units.reserve(units.capacity() * 3 / 2 + 512);
            units.resize(units.size() + size);
        }
        Record &record = (*this)[number];
        record = Record{{}, static_cast<uint32_t>(length)};
        std::memcpy(&record + 1, text, length);
        return number;
    }

    /// Keeps the room for the next record of the same size; the room of a very long one is lost.
    void free(uint32_t number) {
        size_t size = unitCount((*this)[number].length);
        if (size < freeListCount) freeRecords[size].push_back(number);
    }

private:
    static constexpr size_t freeListCount = 64;

    std::vector<uint64_t> units;
    std::vector<uint32_t> freeRecords[freeListCount];

    static size_t unitCount(size_t length) { return (sizeof(Record) + length + 7) / 8; }
};
