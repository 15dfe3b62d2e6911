// The least that a server of the Greengrass IPC can be: what a publish and its deliveries cost at least.
//
//     BareIPCServerC SOCKET burst|each
//
// Prints "ready" and serves in one thread. It knows messages by their length only: the first of a connection is its
// CONNECT, the second may subscribe, and all others are publishes. Each of these is answered with the same bytes, and
// each subscriber gets the same event: with one system call for as many as came at once, or with one for each.

#define _GNU_SOURCE

#include <CIPCFrames.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define INPUT_BYTES_MAX 65536
#define COPIES 128
#define SUBSCRIBER_COUNT_MAX 128

struct connection {
    int socket;
    size_t received_count;
    size_t input_bytes;
    uint8_t input[INPUT_BYTES_MAX];
};

/// The same message many times.
struct copies {
    size_t frame_bytes;
    uint8_t bytes[COPIES * IPC_FRAME_BYTES_MAX];
};

static struct copies accepted, subscribed, published, event;
static int subscribers[SUBSCRIBER_COUNT_MAX];
static size_t subscriber_count;
// How many messages go with one system call.
static size_t burst = COPIES;

static void fail(const char *what) {
    fprintf(stderr, "BareIPCServerC: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static void copy(struct copies *copies, const uint8_t *frame, size_t bytes) {
    copies->frame_bytes = bytes;
    for (size_t number = 0; number < COPIES; number++) memcpy(copies->bytes + number * bytes, frame, bytes);
}

static void prepare(void) {
    uint8_t frame[IPC_FRAME_BYTES_MAX];
    char text[IPC_MESSAGE_TEXT_BYTES + 1] = {0};
    memset(text, '0', IPC_MESSAGE_TEXT_BYTES);
    copy(&accepted, frame, ipc_write_connect_ack(frame));
    copy(&subscribed, frame, ipc_write_response(frame, 1, "SubscribeToTopic", false));
    copy(&published, frame, ipc_write_response(frame, 1, "PublishToTopic", true));
    copy(&event, frame, ipc_write_event(frame, 1, text));
}

static void send_copies(int socket, const struct copies *copies, size_t count) {
    while (count > 0) {
        size_t now = count < burst ? count : burst;
        ssize_t bytes = (ssize_t)(now * copies->frame_bytes);
        // It waits for a reader that is slow: nothing else is to be done.
        if (send(socket, copies->bytes, (size_t)bytes, MSG_NOSIGNAL) != bytes) return;
        count -= now;
    }
}

/// Serves what is there of messages; returns whether the connection is still open.
static bool receive(struct connection *connection) {
    uint8_t *room = connection->input + connection->input_bytes;
    ssize_t count = recv(connection->socket, room, INPUT_BYTES_MAX - connection->input_bytes, 0);
    if (count <= 0) return false;
    connection->input_bytes += (size_t)count;
    const uint8_t *next = connection->input;
    size_t rest = connection->input_bytes, length, publishes = 0;
    while ((length = ipc_length(next, rest)) > 0 && length <= rest) {
        if (connection->received_count == 0) {
            send_copies(connection->socket, &accepted, 1);
        } else if (connection->received_count == 1 && memmem(next, length, "SubscribeToTopic", 16)) {
            if (subscriber_count == SUBSCRIBER_COUNT_MAX) fail("too many subscribers");
            subscribers[subscriber_count++] = connection->socket;
            send_copies(connection->socket, &subscribed, 1);
        } else {
            publishes += 1;
        }
        connection->received_count += 1;
        next += length;
        rest -= length;
    }
    send_copies(connection->socket, &published, publishes);
    for (size_t index = 0; index < subscriber_count; index++) {
        send_copies(subscribers[index], &event, publishes);
    }
    memmove(connection->input, next, rest);
    connection->input_bytes = rest;
    return true;
}

static void forget(struct connection *connection) {
    for (size_t index = 0; index < subscriber_count; index++) {
        if (subscribers[index] == connection->socket) subscribers[index] = subscribers[--subscriber_count];
    }
    close(connection->socket);
    free(connection);
}

static void accept_one(int events, int listener) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) fail("calloc");
    connection->socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection->socket < 0) fail("accept");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(events, EPOLL_CTL_ADD, connection->socket, &event) != 0) fail("epoll_ctl");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: BareIPCServerC SOCKET burst|each\n");
        return 64;
    }
    if (strcmp(argv[2], "each") == 0) burst = 1;
    prepare();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(argv[1]) >= sizeof address.sun_path) fail("the path of the socket is too long");
    strcpy(address.sun_path, argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int events = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (listener < 0 || events < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 128) != 0 || epoll_ctl(events, EPOLL_CTL_ADD, listener, &event) != 0) {
        fail("start");
    }
    puts("ready");
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
                forget(connection);
            }
        }
    }
}
