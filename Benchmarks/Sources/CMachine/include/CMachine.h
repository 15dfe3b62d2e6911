#pragma once

/// What glibc has and Swift's module of it hasn't.

#include <stdbool.h>

/// How many cores the process may use.
int machine_core_count(void);

/// Keeps the calling thread on one of these cores; `fromLast` counts them from 0, from the last one.
///
/// Returns false if there is no such core.
bool machine_pin_to_core(int fromLast);

/// How often the calling thread had to leave its core to another one.
long machine_preemption_count(void);

/// Gives free memory of the heap back to the system.
void machine_trim_heap(void);

/// Lets callgrind count instructions from here on; it is started with `--instr-atstart=no`.
///
/// Returns false if callgrind's header was missing when this was built, or if this runs without callgrind.
bool machine_start_counting(void);

/// Ends what `machine_start_counting` started.
void machine_stop_counting(void);
