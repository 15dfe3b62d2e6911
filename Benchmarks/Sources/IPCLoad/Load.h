#pragma once

#include <CIPCFrames.h>
#include <stdbool.h>
#include <stdint.h>

struct flow {
    const char *socket, *token;
    unsigned publishers, subscribers, stalled, in_flight;
    uint64_t messages;
    // `checks` looks at every checksum and payload; `is_blind` takes whatever comes for what it waits for.
    bool checks, is_blind;
};

/// Ends the program.
_Noreturn void fail(const char *what);
uint64_t nanoseconds(void);

/// Connects and is accepted; gives the socket, which waits.
int ipc_connect(const char *socket, const char *token);

/// Subscribes as the next stream of this connection; returns when that is answered.
void ipc_subscribe(int connection, int32_t stream, const char *filter);

/// Publishes messages, prints how that went.
void run_flow(const struct flow *flow);

/// Holds connections with so many subscriptions each until the standard input ends.
void run_idle(const char *socket, const char *token, unsigned connections, unsigned subscriptions);
