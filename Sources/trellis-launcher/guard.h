#ifndef TRELLIS_GUARD_H
#define TRELLIS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"

// What one guard needs to know.
struct guard_task {
    int socket;             // its end of the socketpair with the launcher
    const int *descriptors; // to become 1, 2, … of the process, and a seventh to become 0
    int descriptor_count;
    char *plan;
    size_t plan_size;
};

enum {
    GUARD_SOCKET = 7,
    // Where a guard that a fork server has made finds the outcome of its process's start.
    GUARD_OUTCOME = 8,
    // Descriptors below this are the launcher's placeholders, which a guard replaces.
    DESCRIPTORS_RESERVED = 8,
};

// What failed, as an event tells it.
struct failure {
    uint32_t stage;
    int32_t error;
};

// Forks a process and waits for it to execute; the end of file from the launcher kills it, if it can be
// killed. True, or what failed.
bool process_start(const struct plan *plan, bool can_be_killed, pid_t *pid, struct failure *failure);

// Runs a fresh fork of the launcher as the guard of one process and exits.
_Noreturn void guard_run(const struct guard_task *task);

// Goes on as the guard of a process that exists: this program was executed by its parent, a subreaper that a
// fork server has forked.
_Noreturn void guard_adopt(pid_t process);

#endif
