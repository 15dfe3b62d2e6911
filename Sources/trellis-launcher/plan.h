#ifndef TRELLIS_PLAN_H
#define TRELLIS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How a process is to be started. On the wire: struct plan_header, `limit_count` times struct limit, then
// strings that each end in a NUL byte: executable, working directory, the arguments with the program's name,
// the environment as NAME=VALUE and, for a container, its id and its memory counter. Nothing may follow.
// lambda_fork_server.py reads it, too.

enum { LIMITS_MAX = 16 }; // Linux has 16 resource limits

// What `container` of the header says.
enum {
    CONTAINER_NONE = 0,
    CONTAINER_PLAIN = 1,
    // The runtime must not see that version 2 of the control groups is mounted beside version 1.
    CONTAINER_HIDES_UNIFIED = 2,
};

struct plan_header {
    uint32_t changes_user;
    uint32_t uid;
    uint32_t gid;
    uint32_t is_fork_server;
    uint32_t limit_count;
    uint32_t argument_count;
    uint32_t environment_count;
    uint32_t container;
};

// A limit is only ever lowered: the smaller of this and what is in force.
struct limit {
    uint64_t resource;
    uint64_t soft;
    uint64_t hard;
};

// A container that an OCI runtime makes; see container.h.
struct plan_container {
    bool is_wanted;
    bool hides_unified;
    char *id;
    // The file with the line `oom_kill COUNT`; empty when there is none.
    const char *oom_counter;
};

struct plan {
    struct plan_container container;
    const char *executable;
    const char *directory;
    char **arguments;   // ends in NULL, as execve wants it
    char **environment; // likewise
    bool changes_user;
    uint32_t uid;
    uint32_t gid;
    bool is_fork_server; // its children are guards, and outlive it
    uint32_t limit_count;
    struct limit limits[LIMITS_MAX];
};

// Reads a plan; its strings point into `bytes`. False if it is malformed or there is no memory.
// The arrays are never freed: the caller is about to exec or to exit.
bool plan_read(struct plan *plan, char *bytes, size_t size);

#endif
