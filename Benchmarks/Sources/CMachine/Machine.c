#define _GNU_SOURCE

#include "CMachine.h"

#include <malloc.h>
#include <sched.h>

bool machine_pin_to_core(int fromLast) {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return false;
    for (int core = CPU_SETSIZE - 1; core >= 0; core--) {
        if (!CPU_ISSET(core, &cores) || fromLast-- > 0) continue;
        CPU_ZERO(&cores);
        CPU_SET(core, &cores);
        return sched_setaffinity(0, sizeof cores, &cores) == 0;
    }
    return false;
}

void machine_trim_heap(void) { malloc_trim(0); }
