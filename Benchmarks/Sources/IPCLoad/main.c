// Publishes over the Greengrass IPC, and receives what it publishes.
//
//     IPCLoad flow PUBLISHERS SUBSCRIBERS STALLED IN_FLIGHT MESSAGES [check|blind]
//     IPCLoad idle CONNECTIONS SUBSCRIPTIONS
//
// The environment says where and who, as it does to a component: SVCUID and
// AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT. Each publisher and each subscriber has a connection.
//
// `flow`: messages of 256 bytes, which are 344 in base64, on one topic. A publisher has IN_FLIGHT messages under
// way: each is until it is answered and every subscriber has it. A message that is lost, comes twice or is overtaken
// by one of the same publisher ends the program. STALLED more subscribers never read. `check` looks at every checksum
// and at the whole message, which takes time; `blind` is for a server that answers with frames that are always the
// same. Prints, as JSON, publishes and deliveries a second, and the median and 99th percentile of the microseconds
// from a publish to its answer and to its arrival.
//
// `idle`: so many connections with so many subscriptions each; prints "ready", and holds them until its standard
// input ends.

#include "Load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SOCKET_VARIABLE "AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT"

void fail(const char *what) {
    fprintf(stderr, "IPCLoad: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv) {
    const char *socket = getenv(SOCKET_VARIABLE), *token = getenv("SVCUID");
    if (!socket || !token) fail("needs SVCUID and " SOCKET_VARIABLE);
    if (argc == 4 && strcmp(argv[1], "idle") == 0) {
        run_idle(socket, token, (unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
        return 0;
    }
    if (argc < 7 || argc > 8 || strcmp(argv[1], "flow") != 0) {
        fprintf(
            stderr, "usage: IPCLoad flow PUBLISHERS SUBSCRIBERS STALLED IN_FLIGHT MESSAGES [check|blind]\n"
                    "       IPCLoad idle CONNECTIONS SUBSCRIPTIONS\n"
        );
        return 64;
    }
    const char *how = argc == 8 ? argv[7] : "";
    struct flow flow = {
        .socket = socket,
        .token = token,
        .publishers = (unsigned)atoi(argv[2]),
        .subscribers = (unsigned)atoi(argv[3]),
        .stalled = (unsigned)atoi(argv[4]),
        .in_flight = (unsigned)atoi(argv[5]),
        .messages = strtoull(argv[6], NULL, 10),
        .checks = strcmp(how, "check") == 0,
        .is_blind = strcmp(how, "blind") == 0,
    };
    if (flow.publishers == 0 || flow.in_flight == 0) fail("needs publishers and messages under way");
    run_flow(&flow);
    return 0;
}
