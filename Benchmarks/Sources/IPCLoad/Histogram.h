#pragma once

#include <stdint.h>
#include <string.h>

// Times in nanoseconds, each known to a sixty-fourth; as much memory for ten million as for one.
#define STEPS 64
#define STEP_BITS 6

struct histogram {
    uint64_t count;
    uint64_t buckets[STEPS * (64 - STEP_BITS + 1)];
};

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
    unsigned shift = value < STEPS ? 0 : 63 - STEP_BITS - (unsigned)__builtin_clzll(value);
    histogram->buckets[shift * STEPS + (value >> shift)] += 1;
    histogram->count += 1;
}

/// The value that this share of all are not above, in microseconds.
static inline double histogram_percentile(const struct histogram *histogram, double share) {
    uint64_t rank = (uint64_t)(share * (double)histogram->count), seen = 0;
    for (unsigned bucket = 0; bucket < sizeof histogram->buckets / sizeof *histogram->buckets; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen <= rank) continue;
        unsigned shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;
        return (double)((uint64_t)(bucket - shift * STEPS) << shift) / 1e3;
    }
    return 0;
}
