#ifndef TRELLIS_GUARD_H
#define TRELLIS_GUARD_H

#include <stddef.h>
#include <sys/types.h>

// What one guard needs to know.
struct guard_task {
    int socket;             // its end of the socketpair with the launcher
    const int *descriptors; // to become 1, 2, … of the process
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

// Runs a fresh fork of the launcher as the guard of one process and exits.
_Noreturn void guard_run(const struct guard_task *task);

// Goes on as the guard of a process that exists: this program was executed by its parent, a subreaper that a
// fork server has forked.
_Noreturn void guard_adopt(pid_t process);

#endif
