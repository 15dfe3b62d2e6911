#pragma once

/// What glibc has and Swift's module of it hasn't.

#include <stdbool.h>

/// Keeps the calling thread, and those that it starts from now on, on one of the cores that it may use.
///
/// `fromLast` counts those cores from 0, from the last one. Returns false if there is no such core.
bool machine_pin_to_core(int fromLast);

/// Gives free memory of the heap back to the system.
void machine_trim_heap(void);
