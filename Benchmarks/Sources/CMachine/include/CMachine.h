#pragma once

/// What glibc has and Swift's module of it hasn't.

#include <stdbool.h>

/// How many cores the process may use.
int machine_core_count(void);

/// Keeps the calling thread on one of these cores; `fromLast` counts them from 0, from the last one.
///
/// Returns false if there is no such core.
bool machine_pin_to_core(int fromLast);

/// Gives free memory of the heap back to the system.
void machine_trim_heap(void);
