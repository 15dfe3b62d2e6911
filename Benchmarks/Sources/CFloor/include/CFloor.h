#pragma once

/// The floor: how long this machine needs to match topics when nothing but the answer matters.
///
/// A fast algorithm, plainly written, without what a broker can't leave out: it is for one thread, nobody may
/// change it while somebody matches, it doesn't keep topics that start with `$` from filters that start with
/// a wildcard, its hash is not seeded, so that an attacker could make filters collide, it takes no more than
/// 64 levels, and it trusts its input. It is a measure for benchmarks and part of nothing else; and no proof
/// that nothing can be faster.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Floor Floor;

/// Where `count` topics lie, one after the other: topic `i` is `lengths[i]` bytes from `bytes + starts[i]`.
typedef struct {
    const uint8_t *bytes;
    const uint32_t *starts;
    const uint32_t *lengths;
    size_t count;
} FloorTopics;

Floor *floor_create(void);
void floor_destroy(Floor *floor);

/// Subscribes; the same subscription twice is two subscriptions.
void floor_add(Floor *floor, const uint8_t *filter, size_t length, uint32_t subscriber);

/// Takes a subscription back, if there is one.
void floor_remove(Floor *floor, const uint8_t *filter, size_t length, uint32_t subscriber);

/// Matches every topic, one after the other; returns how many subscribers match, and adds their ids to `sum`.
///
/// The loop is on this side, so that calls cost nothing.
size_t floor_match_all(const Floor *floor, FloorTopics topics, uint64_t *sum);

#ifdef __cplusplus
}
#endif
