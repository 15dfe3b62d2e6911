// Publishes messages over HTTP and waits for each until a second function handles it.
//
//     HopLoad PORT SOCKET IN_FLIGHT MESSAGES < HEAD
//
// HEAD is the head of a publish with a body of BODY_BYTES. That body holds when its publish began, in nanoseconds
// of CLOCK_MONOTONIC, and the number of its connection. Whoever handles the message sends a datagram to SOCKET, past
// the server: these two numbers, and when the handler began. A kept connection publishes the next message when its
// last one is answered and fewer than IN_FLIGHT are not handled yet. So no queue is ever longer than IN_FLIGHT.
//
// Prints messages a second, and the median and 99th percentile of the microseconds from the publish to the handler.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEAD_BYTES_MAX 8192
#define BODY_BYTES 256
#define ANSWER_BYTES_MAX 8192
#define CONNECTION_COUNT_MAX 16

struct connection {
    int socket;
    size_t received;
    bool is_answered;
    char answer[ANSWER_BYTES_MAX];
};

static char head[HEAD_BYTES_MAX];
static size_t head_bytes;
static struct connection connections[CONNECTION_COUNT_MAX];
static size_t connection_count, in_flight, started, finished, wanted;
static uint64_t *times;

static void fail(const char *what) {
    fprintf(stderr, "HopLoad: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int connect_to(uint16_t port) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&server, sizeof server) != 0) fail("connect");
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the path of the socket is too long");
    strcpy(address.sun_path, path);
    unlink(path);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail(path);
    return descriptor;
}

/// Publishes the next message, if there is one left and it may go now.
static void publish_next(struct connection *connection) {
    if (!connection->is_answered || started == wanted || started - finished == in_flight) return;
    started += 1;
    connection->is_answered = false;
    connection->received = 0;
    char request[HEAD_BYTES_MAX + BODY_BYTES + 1];
    memcpy(request, head, head_bytes);
    int written = snprintf(
        request + head_bytes, BODY_BYTES + 1, "{\"start\": %" PRIu64 ", \"connection\": %td, \"padding\": \"",
        nanoseconds(), connection - connections
    );
    memset(request + head_bytes + written, 'x', (size_t)(BODY_BYTES - written));
    memcpy(request + head_bytes + BODY_BYTES - 2, "\"}", 2);
    ssize_t length = (ssize_t)(head_bytes + BODY_BYTES);
    if (send(connection->socket, request, (size_t)length, MSG_NOSIGNAL) != length) fail("send");
}

static void receive_answer(struct connection *connection) {
    ssize_t count = recv(
        connection->socket, connection->answer + connection->received,
        ANSWER_BYTES_MAX - 1 - connection->received, 0
    );
    if (count <= 0) fail("recv");
    connection->received += (size_t)count;
    connection->answer[connection->received] = 0;
    if (strncmp(connection->answer, "HTTP/1.1 202", 12) != 0) fail(connection->answer);
    // The answer to a publish has no body.
    if (!strstr(connection->answer, "\r\n\r\n")) return;
    connection->is_answered = true;
    publish_next(connection);
}

static void receive_handling(int receipts) {
    char text[128];
    ssize_t count = recv(receipts, text, sizeof text - 1, 0);
    if (count < 0) fail("recv");
    text[count] = 0;
    uint64_t start, handled;
    size_t number;
    if (sscanf(text, "%" SCNu64 " %zu %" SCNu64, &start, &number, &handled) != 3 || number >= connection_count) {
        fail(text);
    }
    times[finished++] = handled - start;
    // Its own connection is the likeliest one to be free; another one is as good.
    for (size_t step = 0; step < connection_count; step++) {
        publish_next(&connections[(number + step) % connection_count]);
    }
}

static int by_size(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: HopLoad PORT SOCKET IN_FLIGHT MESSAGES < HEAD\n");
        return 64;
    }
    in_flight = strtoul(argv[3], NULL, 10);
    connection_count = in_flight < CONNECTION_COUNT_MAX ? in_flight : CONNECTION_COUNT_MAX;
    wanted = strtoul(argv[4], NULL, 10);
    head_bytes = fread(head, 1, sizeof head, stdin);
    times = calloc(wanted, sizeof *times);
    int events = epoll_create1(EPOLL_CLOEXEC);
    if (events < 0 || !times || in_flight == 0) fail("start");
    int receipts = listen_at(argv[2]);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(events, EPOLL_CTL_ADD, receipts, &event) != 0) fail("epoll_ctl");

    for (size_t number = 0; number < connection_count; number++) {
        struct connection *connection = &connections[number];
        connection->socket = connect_to((uint16_t)atoi(argv[1]));
        connection->is_answered = true;
        event.data.ptr = connection;
        if (epoll_ctl(events, EPOLL_CTL_ADD, connection->socket, &event) != 0) fail("epoll_ctl");
    }
    uint64_t start = nanoseconds();
    for (size_t number = 0; number < connection_count; number++) publish_next(&connections[number]);
    while (finished < wanted) {
        struct epoll_event ready[CONNECTION_COUNT_MAX + 1];
        int count = epoll_wait(events, ready, CONNECTION_COUNT_MAX + 1, -1);
        if (count < 0) fail("epoll_wait");
        for (int number = 0; number < count; number++) {
            if (ready[number].data.ptr) {
                receive_answer(ready[number].data.ptr);
            } else {
                receive_handling(receipts);
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
