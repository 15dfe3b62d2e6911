// Loads an HTTP server on the loopback interface, and tells how it does.
//
//     HTTPLoad PORT CONNECTIONS REQUESTS new|kept < REQUEST
//
// Sends the same request REQUESTS times, over CONNECTIONS connections at a time, each of which waits for its
// answer before it sends the next one: on the same connection (kept), or on a new one when the server has closed
// the old one (new), which the request asks it to by `Connection: close`. One thread, so that on two cores one is
// left to the server.
//
// Prints requests a second, and the median and 99th percentile of a request's time in microseconds, counted from
// before the connection is made, if one is made. Any answer but 2xx ends the program.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Room for a request, which has a payload of some hundred bytes, and for an answer, which has none.
#define REQUEST_BYTES_MAX 65536
#define ANSWER_BYTES_MAX 8192

struct connection {
    int socket;
    size_t sent;
    size_t received;
    uint64_t start;
    char answer[ANSWER_BYTES_MAX];
};

static char request[REQUEST_BYTES_MAX];
static size_t request_bytes;
static struct sockaddr_in server;
static bool keeps;
static int events;

static size_t started, finished, wanted;
static uint64_t *times;

static void fail(const char *what) {
    fprintf(stderr, "HTTPLoad: %s: %s\n", what, errno ? strerror(errno) : "wrong answer");
    exit(1);
}

static uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void watch(struct connection *connection, int operation, uint32_t what) {
    struct epoll_event event = {.events = what, .data.ptr = connection};
    if (epoll_ctl(events, operation, connection->socket, &event) != 0) fail("epoll_ctl");
}

static void open_connection(struct connection *connection) {
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->socket < 0) fail("socket");
    int on = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int status = connect(connection->socket, (struct sockaddr *)&server, sizeof server);
    if (status != 0 && errno != EINPROGRESS) fail("connect");
    errno = 0;
    watch(connection, EPOLL_CTL_ADD, EPOLLOUT);
}

static void send_request(struct connection *connection) {
    while (connection->sent < request_bytes) {
        ssize_t count = send(
            connection->socket, request + connection->sent, request_bytes - connection->sent, MSG_NOSIGNAL
        );
        if (count < 0 && errno == EAGAIN) {
            errno = 0;
            watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
            return;
        }
        if (count < 0) fail("send");
        connection->sent += (size_t)count;
    }
    watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

/// Begins the next request, if there is one to be made.
static void begin(struct connection *connection) {
    if (started == wanted) return;
    started += 1;
    connection->sent = 0;
    connection->received = 0;
    connection->start = nanoseconds();
    if (connection->socket < 0) {
        open_connection(connection);
    } else {
        send_request(connection);
    }
}

/// Whether the answer is there as a whole; checks its status.
static bool is_complete(struct connection *connection) {
    connection->answer[connection->received] = 0;
    const char *end = strstr(connection->answer, "\r\n\r\n");
    if (!end) return false;
    if (strncmp(connection->answer, "HTTP/1.1 2", 10) != 0) fail(connection->answer);
    const char *length = strcasestr(connection->answer, "\r\ncontent-length:");
    if (!length || length > end) fail("no content-length");
    size_t body_bytes = strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
    return connection->received >= (size_t)(end + 4 - connection->answer) + body_bytes;
}

static void receive_answer(struct connection *connection) {
    ssize_t count = recv(
        connection->socket, connection->answer + connection->received,
        ANSWER_BYTES_MAX - 1 - connection->received, 0
    );
    if (count < 0 && errno == EAGAIN) {
        errno = 0;
        return;
    }
    if (count < 0) fail("recv");
    connection->received += (size_t)count;
    if (!is_complete(connection)) {
        if (count == 0) fail("the server closed the connection");
        return;
    }
    if (!keeps) {
        // The server closes, as it was asked to.
        if (count > 0) return;
        close(connection->socket);
        connection->socket = -1;
    }
    times[finished++] = nanoseconds() - connection->start;
    begin(connection);
}

static int by_size(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: HTTPLoad PORT CONNECTIONS REQUESTS new|kept < REQUEST\n");
        return 64;
    }
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size_t connection_count = strtoul(argv[2], NULL, 10);
    wanted = strtoul(argv[3], NULL, 10);
    keeps = strcmp(argv[4], "kept") == 0;
    request_bytes = fread(request, 1, sizeof request, stdin);
    events = epoll_create1(EPOLL_CLOEXEC);
    times = calloc(wanted, sizeof *times);
    struct connection *connections = calloc(connection_count, sizeof *connections);
    if (events < 0 || !times || !connections) fail("start");

    uint64_t start = nanoseconds();
    for (size_t number = 0; number < connection_count; number++) {
        connections[number].socket = -1;
        begin(&connections[number]);
    }
    while (finished < wanted) {
        struct epoll_event ready[64];
        int count = epoll_wait(events, ready, 64, -1);
        if (count < 0) fail("epoll_wait");
        for (int number = 0; number < count; number++) {
            struct connection *connection = ready[number].data.ptr;
            if (connection->sent < request_bytes) {
                send_request(connection);
            } else {
                receive_answer(connection);
            }
        }
    }
    double seconds = (double)(nanoseconds() - start) / 1e9;
    qsort(times, wanted, sizeof *times, by_size);
    printf(
        "%.0f %.1f %.1f\n", (double)wanted / seconds, (double)times[wanted / 2] / 1e3,
        (double)times[wanted * 99 / 100] / 1e3
    );
    return 0;
}
