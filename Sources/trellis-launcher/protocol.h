#ifndef TRELLIS_PROTOCOL_H
#define TRELLIS_PROTOCOL_H

#include <stdint.h>

// What the daemon and the launcher say to each other over a SOCK_SEQPACKET socketpair: one message a packet,
// integers in the machine's byte order (both ends are the same machine). LauncherRequest.swift and
// LauncherEvent.swift are the other end.
//
// Launcher and guard have such a socketpair, too. A guard sends struct event. The launcher sends a signal's
// number, an int32_t, for the process and its group; the end of file, for whatever reason it comes, ends the
// process and all that it has started.

enum {
    // The launcher finds its end of the socketpair here when it starts.
    CONTROL_DESCRIPTOR = 3,
    // A whole request. It fits a socket's default send buffer (208 KiB), and Linux allows one argument no
    // more.
    REQUEST_BYTES_MAX = 128 * 1024,
    // A process gets descriptors 1 to 6: the six log levels of the legacy Lambda runtime.
    OUTPUTS_MAX = 6,
    // And, in place of /dev/null, descriptor 0.
    DESCRIPTORS_MAX = 7,
};

enum request_kind {
    // Followed by a plan (see plan.h), with up to seven descriptors attached: 1 to 6, then 0.
    REQUEST_START = 1,
    // `number` is the signal for the process and its group. SIGKILL ends everything it has started, too.
    REQUEST_SIGNAL = 2,
    // With the launcher's end of the socketpair to a guard that a fork server makes.
    REQUEST_ADOPT = 3,
};

// What every request begins with.
struct request_header {
    uint64_t id; // chosen by the daemon, not in use by a live process
    uint32_t kind;
    uint32_t number;
};

enum event_kind {
    EVENT_STARTED = 1, // `pid` runs the executable
    EVENT_FAILED = 2,  // it never ran: `stage` says what failed, `value` is the errno
    EVENT_EXITED = 3,  // it and all it has started are gone; `value` is its wait status, and
                       // `stage` STAGE_MEMORY if the kernel has killed it for want of memory
};

enum stage {
    STAGE_REQUEST = 1, // the request was malformed
    STAGE_FORK = 2,
    STAGE_LIMITS = 3,
    STAGE_USER = 4,
    STAGE_DIRECTORY = 5,
    STAGE_EXECUTE = 6,
    STAGE_GUARD = 7, // the guard, or the fork server that was to make it, ended before it said anything
    STAGE_NAMESPACE = 8, // a mount namespace in which crun works on a machine with both control groups
    STAGE_CONTAINER = 9, // the OCI runtime failed: `value` is its wait status
    STAGE_MEMORY = 10,
};

struct event {
    uint64_t id;
    uint32_t kind;
    int32_t pid;
    uint32_t stage;
    int32_t value;
};

#endif
