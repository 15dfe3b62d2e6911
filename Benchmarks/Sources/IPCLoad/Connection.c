#include "Load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void send_whole(int connection, const uint8_t *bytes, size_t count) {
    if (send(connection, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) fail("send");
}

/// The next message; nothing may follow it yet.
static void receive(int connection, uint8_t *bytes, struct ipc_frame *frame) {
    size_t count = 0;
    for (;;) {
        ssize_t received = recv(connection, bytes + count, IPC_FRAME_BYTES_MAX - count, 0);
        if (received <= 0) fail("recv");
        count += (size_t)received;
        int found = ipc_read(bytes, count, true, frame);
        if (found < 0 || (found > 0 && frame->bytes != count)) fail("an answer is no message");
        if (found > 0) return;
    }
}

int ipc_connect(const char *path, const char *token) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the path of the socket is too long");
    strcpy(address.sun_path, path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) fail(path);
    uint8_t bytes[IPC_FRAME_BYTES_MAX];
    struct ipc_frame frame;
    send_whole(connection, bytes, ipc_write_connect(bytes, token));
    receive(connection, bytes, &frame);
    errno = 0;
    bool is_accepted = frame.type == IPC_CONNECT_ACK && (frame.flags & IPC_ACCEPTED);
    if (!is_accepted) fail("the token in SVCUID is not accepted");
    return connection;
}

void ipc_subscribe(int connection, int32_t stream, const char *filter) {
    uint8_t bytes[IPC_FRAME_BYTES_MAX];
    struct ipc_frame frame;
    send_whole(connection, bytes, ipc_write_subscribe(bytes, stream, filter));
    receive(connection, bytes, &frame);
    if (frame.type == IPC_MESSAGE && frame.stream == stream) return;
    fprintf(stderr, "IPCLoad: %.*s\n", (int)frame.payload_bytes, (const char *)frame.payload);
    exit(1);
}
