#include "Load.h"

#include <stdio.h>
#include <sys/resource.h>

void run_idle(const char *socket, const char *token, unsigned connections, unsigned subscriptions) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (unsigned number = 0; number < connections; number++) {
        int connection = ipc_connect(socket, token);
        for (unsigned stream = 1; stream <= subscriptions; stream++) {
            char filter[64];
            snprintf(filter, sizeof filter, "bench/idle/%u/%u", number, stream);
            ipc_subscribe(connection, (int32_t)stream, filter);
        }
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) continue;
}
