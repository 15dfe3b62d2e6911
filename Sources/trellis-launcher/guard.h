#ifndef TRELLIS_GUARD_H
#define TRELLIS_GUARD_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What one guard needs to know.
struct guard_task {
    uint64_t id;
    pid_t launcher;
    int report;             // a pipe that takes struct event
    const int *descriptors; // to become 1, 2, … of the process
    int descriptor_count;
    char *plan;
    size_t plan_size;
};

// Descriptors below this are the launcher's placeholders, which a guard replaces.
enum { GUARD_REPORT = 7, DESCRIPTORS_RESERVED = 8 };

// Runs a fresh fork of the launcher as the guard of one process and exits.
_Noreturn void guard_run(const struct guard_task *task);

// Asks a guard to send a signal to its process and that process's group. The guard must not have been reaped.
void guard_signal(pid_t guard, int number);

#endif
