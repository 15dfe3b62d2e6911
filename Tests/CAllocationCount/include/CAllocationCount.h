#ifndef C_ALLOCATION_COUNT_H
#define C_ALLOCATION_COUNT_H

#include <stdint.h>

/// How often the calling thread has asked for memory since it started: malloc, calloc, realloc and their aligned kin.
uint64_t allocation_count(void);

#endif
