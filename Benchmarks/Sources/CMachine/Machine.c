#define _GNU_SOURCE

#include "CMachine.h"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

/// What the process may use, as it was before any thread was pinned: threads inherit the cores of the one
/// that started them.
static cpu_set_t allowed;

__attribute__((constructor)) static void remember_allowed(void) {
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) CPU_ZERO(&allowed);
}

int machine_core_count(void) { return CPU_COUNT(&allowed); }

bool machine_pin_to_core(int fromLast) {
    for (int core = CPU_SETSIZE - 1; core >= 0; core--) {
        if (!CPU_ISSET(core, &allowed) || fromLast-- > 0) continue;
        cpu_set_t chosen;
        CPU_ZERO(&chosen);
        CPU_SET(core, &chosen);
        return sched_setaffinity(0, sizeof chosen, &chosen) == 0;
    }
    return false;
}

long machine_preemption_count(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

void machine_trim_heap(void) { malloc_trim(0); }

bool machine_start_counting(void) {
    if (!RUNNING_ON_VALGRIND) return false;
    CALLGRIND_START_INSTRUMENTATION;
    return true;
}

void machine_stop_counting(void) { CALLGRIND_STOP_INSTRUMENTATION; }
