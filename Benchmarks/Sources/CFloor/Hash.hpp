#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// The hash of bytes: multiply to 128 bits, fold the halves, eight bytes a step, as wyhash does it; the
/// constants are wyhash's.
namespace hash {

inline uint64_t fold(uint64_t a, uint64_t b) {
    auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

template <typename Word>
inline Word load(const uint8_t *bytes) {
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

/// All of the last 0 to 8 bytes in one word, without a loop: loads that overlap.
inline uint64_t tail(const uint8_t *bytes, size_t length) {
    if (length >= 4) {
        uint64_t first = load<uint32_t>(bytes);
        return first << 32 | load<uint32_t>(bytes + length - 4);
    }
    if (length > 0) {
        return uint64_t(bytes[0]) << 16 | uint64_t(bytes[length / 2]) << 8 | bytes[length - 1];
    }
    return 0;
}

inline uint64_t of(const uint8_t *bytes, size_t length) {
    uint64_t state = 0x9E3779B97F4A7C15 ^ length * 0xD6E8FEB86659FD93;
    size_t left = length;
    for (; left > 8; left -= 8, bytes += 8) {
        state = fold(state ^ load<uint64_t>(bytes), 0xA0761D6478BD642F);
    }
    return fold(state ^ tail(bytes, left), 0xE7037ED1A0B428DB ^ length);
}

}  // namespace hash
