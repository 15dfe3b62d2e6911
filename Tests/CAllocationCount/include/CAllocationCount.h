#ifndef C_ALLOCATION_COUNT_H
#define C_ALLOCATION_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted at all: not under a sanitizer.
bool allocations_are_counted(void);

/// How often the calling thread has asked for memory since it started: malloc, calloc, realloc and their aligned kin.
uint64_t allocation_count(void);

#endif
