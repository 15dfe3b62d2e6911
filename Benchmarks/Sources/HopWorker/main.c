// A function that costs next to nothing: it takes work over the legacy HTTP API and tells when it did.
//
//     HopWorker SOCKET
//
// Runs in the environment of `trellis lambda env`, on one kept connection. For each message of HopLoad it sends a
// datagram to SOCKET, then posts an empty result.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES_MAX 4096
#define ANSWER_BYTES_MAX 65536

static int server;
static char answer[ANSWER_BYTES_MAX];
static const char *function, *token;

static void fail(const char *what) {
    fprintf(stderr, "HopWorker: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    if (!value) fail(name);
    return value;
}

/// The value of a field of the answer's head, which ends with its line.
static const char *field(const char *name) {
    const char *found = strcasestr(answer, name);
    if (!found) fail(name);
    return found + strlen(name);
}

/// Makes a request and waits for its answer; returns the answer's body.
static const char *call(const char *method, const char *path, const char *fields, const char *body) {
    char request[REQUEST_BYTES_MAX];
    int length = snprintf(
        request, sizeof request,
        "%s /2016-11-01/functions/%s/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\n%s"
        "Content-Length: %zu\r\n\r\n%s",
        method, function, path, token, fields, strlen(body), body
    );
    if (length >= (int)sizeof request) fail("the request is too long");
    if (send(server, request, (size_t)length, MSG_NOSIGNAL) != length) fail("send");
    size_t received = 0;
    for (;;) {
        ssize_t count = recv(server, answer + received, ANSWER_BYTES_MAX - 1 - received, 0);
        if (count < 0) fail("recv");
        // The daemon ends: so does this.
        if (count == 0) exit(0);
        received += (size_t)count;
        answer[received] = 0;
        char *end = strstr(answer, "\r\n\r\n");
        if (!end) continue;
        if (strncmp(answer, "HTTP/1.1 2", 10) != 0) fail(answer);
        size_t body_bytes = strtoul(field("\r\ncontent-length:"), NULL, 10);
        if (received < (size_t)(end + 4 - answer) + body_bytes) continue;
        return end + 4;
    }
}

static uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv) {
    struct sockaddr_un receipts_address = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof receipts_address.sun_path) {
        fprintf(stderr, "usage: HopWorker SOCKET\n");
        return 64;
    }
    strcpy(receipts_address.sun_path, argv[1]);
    function = variable("MY_FUNCTION_ARN");
    token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)atoi(variable("GG_DAEMON_PORT")));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int receipts = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (server < 0 || receipts < 0) fail("socket");
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    int on = 1;
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    call("PUT", "initialized", "", "{\"Success\": true, \"Response\": \"\"}");
    puts("ready");
    fflush(stdout);
    for (;;) {
        const char *body = call("GET", "work", "", "");
        uint64_t now = nanoseconds();
        uint64_t start;
        size_t connection;
        const char *format = "{\"start\": %" SCNu64 ", \"connection\": %zu";
        if (sscanf(body, format, &start, &connection) != 2) fail(body);
        const char *id = field("\r\nx-amz-invocationid:");
        char fields[256];
        int id_bytes = (int)strcspn(id, "\r");
        snprintf(fields, sizeof fields, "X-Amz-InvocationId:%.*s\r\n", id_bytes, id);
        char receipt[128];
        int length = snprintf(receipt, sizeof receipt, "%" PRIu64 " %zu %" PRIu64, start, connection, now);
        // Whoever measured may have gone meanwhile.
        sendto(
            receipts, receipt, (size_t)length, 0, (struct sockaddr *)&receipts_address, sizeof receipts_address
        );
        call("POST", "work", fields, "");
    }
}
