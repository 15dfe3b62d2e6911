#ifndef TRELLIS_GUARD_H
#define TRELLIS_GUARD_H

#include <stddef.h>

// What one guard needs to know.
struct guard_task {
    int socket;             // its end of the socketpair with the launcher
    const int *descriptors; // to become 1, 2, … of the process
    int descriptor_count;
    char *plan;
    size_t plan_size;
};

// Descriptors below this are the launcher's placeholders, which a guard replaces.
enum { GUARD_SOCKET = 7, DESCRIPTORS_RESERVED = 8 };

// Runs a fresh fork of the launcher as the guard of one process and exits.
_Noreturn void guard_run(const struct guard_task *task);

#endif
