// The least that a server of the legacy HTTP API can be: what a RequestResponse into a function costs at least.
//
//     LongPollServer
//
// Prints its port and serves one invoker and one worker, or several of each, on kept connections, in one thread. An
// invocation goes from its POST to the GET of a worker that waits, and the worker's POST to the GET of its result.
// It knows one function and no tokens, checks nothing, and holds what it holds in arrays of fixed size.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_BYTES_MAX 65536
#define BODY_BYTES_MAX 4096
// The ids of invocations are numbers; so many are under way at a time.
#define INVOCATION_COUNT_MAX 1024

struct connection {
    int socket;
    size_t received;
    char request[REQUEST_BYTES_MAX];
};

struct invocation {
    char payload[BODY_BYTES_MAX], result[BODY_BYTES_MAX];
    size_t payload_bytes, result_bytes;
    bool is_done;
    // Who waits for the result.
    struct connection *invoker;
};

static struct invocation invocations[INVOCATION_COUNT_MAX];
static unsigned long invoked, taken;
// The worker that waits for work, if one does.
static struct connection *idle;

static void fail(const char *what) {
    fprintf(stderr, "LongPollServer: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static void answer(struct connection *connection, const char *fields, const char *body, size_t body_bytes) {
    char text[512 + BODY_BYTES_MAX];
    int head_bytes = snprintf(
        text, 512, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", fields, body_bytes
    );
    memcpy(text + head_bytes, body, body_bytes);
    ssize_t length = head_bytes + (ssize_t)body_bytes;
    if (send(connection->socket, text, (size_t)length, MSG_NOSIGNAL) != length) fail("send");
}

static void answer_id(struct connection *connection, unsigned long id, const char *body, size_t body_bytes) {
    char fields[128];
    snprintf(fields, sizeof fields, "X-Amz-InvocationId: %lu\r\nX-Amz-Client-Context: \r\n", id);
    answer(connection, fields, body, body_bytes);
}

/// Gives the next invocation to the worker that waits, if there are both.
static void dispatch(void) {
    if (!idle || taken == invoked) return;
    struct invocation *invocation = &invocations[taken % INVOCATION_COUNT_MAX];
    answer_id(idle, taken, invocation->payload, invocation->payload_bytes);
    idle = NULL;
    taken += 1;
}

static void give_result(struct invocation *invocation) {
    if (!invocation->is_done || !invocation->invoker) return;
    answer(invocation->invoker, "", invocation->result, invocation->result_bytes);
    invocation->invoker = NULL;
}

static void serve(struct connection *connection, const char *body, size_t body_bytes) {
    const char *request = connection->request;
    bool is_get = strncmp(request, "GET ", 4) == 0;
    const char *path_end = memmem(request, (size_t)(body - request), " HTTP/1.1\r\n", 11);
    if (!path_end || body_bytes > BODY_BYTES_MAX) fail(request);
    bool is_work = strncmp(path_end - 5, "/work", 5) == 0;
    const char *id = strcasestr(request, "\r\nX-Amz-InvocationId: ");
    unsigned long number = id ? strtoul(id + strlen("\r\nX-Amz-InvocationId: "), NULL, 10) : 0;
    struct invocation *invocation = &invocations[number % INVOCATION_COUNT_MAX];
    if (strncmp(request, "PUT ", 4) == 0) {
        answer(connection, "", "", 0);
    } else if (is_get && is_work) {
        idle = connection;
        dispatch();
    } else if (is_get) {
        invocation->invoker = connection;
        give_result(invocation);
    } else if (is_work) {
        memcpy(invocation->result, body, body_bytes);
        invocation->result_bytes = body_bytes;
        invocation->is_done = true;
        answer(connection, "", "", 0);
        give_result(invocation);
    } else {
        invocation = &invocations[invoked % INVOCATION_COUNT_MAX];
        memcpy(invocation->payload, body, body_bytes);
        invocation->payload_bytes = body_bytes;
        invocation->is_done = false;
        answer_id(connection, invoked, "", 0);
        invoked += 1;
        dispatch();
    }
}

/// Serves the first request, if it is there as a whole, and returns whether it was.
static bool serve_first(struct connection *connection) {
    connection->request[connection->received] = 0;
    const char *end = strstr(connection->request, "\r\n\r\n");
    if (!end) return false;
    const char *length = strcasestr(connection->request, "\r\nContent-Length:");
    size_t body_bytes = length && length < end ? strtoul(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;
    size_t bytes = (size_t)(end + 4 - connection->request) + body_bytes;
    if (connection->received < bytes) return false;
    serve(connection, end + 4, body_bytes);
    connection->received -= bytes;
    memmove(connection->request, connection->request + bytes, connection->received);
    return true;
}

/// Serves what is there of requests; returns whether the connection is still open.
static bool receive(struct connection *connection) {
    ssize_t count = recv(
        connection->socket, connection->request + connection->received,
        REQUEST_BYTES_MAX - 1 - connection->received, 0
    );
    if (count <= 0) return false;
    connection->received += (size_t)count;
    while (connection->received > 0 && serve_first(connection)) continue;
    return true;
}

static void accept_one(int events, int listener) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) fail("calloc");
    connection->socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection->socket < 0) fail("accept");
    int on = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(events, EPOLL_CTL_ADD, connection->socket, &event) != 0) fail("epoll_ctl");
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t address_bytes = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int events = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (listener < 0 || events < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&address, &address_bytes) != 0 ||
        epoll_ctl(events, EPOLL_CTL_ADD, listener, &event) != 0) {
        fail("start");
    }
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[64];
        int count = epoll_wait(events, ready, 64, -1);
        if (count < 0) fail("epoll_wait");
        for (int number = 0; number < count; number++) {
            struct connection *connection = ready[number].data.ptr;
            if (!connection) {
                accept_one(events, listener);
            } else if (!receive(connection)) {
                if (idle == connection) idle = NULL;
                close(connection->socket);
                free(connection);
            }
        }
    }
}
