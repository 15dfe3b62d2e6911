#define _GNU_SOURCE

#include "Histogram.h"
#include "Load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// A message's text begins with its publisher and its number in hexadecimal digits, which are base64 too.
#define PUBLISHER_DIGITS 4
#define NUMBER_DIGITS 8
#define STREAM_BYTES 4

#define INPUT_BYTES_MAX (256 * 1024)

struct connection {
    int socket;
    bool is_publisher;
    unsigned index;
    uint8_t *input;
    size_t input_bytes;
};

/// A message that is under way: how many answers and deliveries are still to come.
struct slot {
    uint64_t sent_at;
    unsigned remaining;
    bool is_answered;
};

struct publisher {
    struct connection connection;
    uint8_t frame[IPC_FRAME_BYTES_MAX];
    size_t frame_bytes;
    uint64_t quota, sent, answered;
    struct slot *slots;
    // What its socket had no room for comes first.
    uint8_t *output;
    size_t output_bytes;
    bool waits_for_room;
};

struct subscriber {
    struct connection connection;
    // By publisher.
    uint64_t *received;
};

static const struct flow *flow;
static int events;
static struct publisher *publishers;
static struct subscriber *subscribers;
static struct histogram response_times, event_times;
static uint64_t answered, delivered;
static size_t response_bytes, event_bytes;

// What all publishers' frames have in common: where what changes is, and what a change does to the checksum.
static size_t stream_offset, number_offset;
static uint32_t stream_sums[STREAM_BYTES][256], number_sums[NUMBER_DIGITS][256];

static const char digits[] = "0123456789abcdef";

static void write_text(char text[IPC_MESSAGE_TEXT_BYTES + 1], unsigned publisher) {
    memset(text, 'A', IPC_MESSAGE_TEXT_BYTES - 2);
    char number[16];
    snprintf(number, sizeof number, "%0*x%0*x", PUBLISHER_DIGITS, publisher, NUMBER_DIGITS, 0);
    memcpy(text, number, PUBLISHER_DIGITS + NUMBER_DIGITS);
    memcpy(text + IPC_MESSAGE_TEXT_BYTES - 2, "==", 3);
}

/// Finds what changes from message to message, and what that does to the checksum.
static void prepare_sums(const uint8_t *frame, size_t bytes) {
    static const char stream[] = "\x0a:stream-id\x04";
    const uint8_t *header = memmem(frame, bytes, stream, sizeof stream - 1);
    const uint8_t *text = memmem(frame, bytes, "\"message\": \"", 12);
    if (!header || !text) fail("a publish of ours");
    stream_offset = (size_t)(header - frame) + sizeof stream - 1;
    number_offset = (size_t)(text - frame) + 12 + PUBLISHER_DIGITS;
    // Four bytes of checksum end the message, and are not part of what it is about.
    for (size_t place = 0; place < STREAM_BYTES; place++) {
        ipc_crc32_of_byte(stream_sums[place], bytes - 4 - (stream_offset + place) - 1);
    }
    for (size_t place = 0; place < NUMBER_DIGITS; place++) {
        ipc_crc32_of_byte(number_sums[place], bytes - 4 - (number_offset + place) - 1);
    }
}

/// Appends the publisher's next message to its output.
static void append_next(struct publisher *publisher) {
    uint8_t *frame = publisher->output + publisher->output_bytes;
    size_t bytes = publisher->frame_bytes;
    memcpy(frame, publisher->frame, bytes);
    const uint8_t *last = publisher->frame + bytes - 4;
    uint32_t sum = (uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 | (uint32_t)last[2] << 8 | last[3];
    uint32_t stream = (uint32_t)publisher->sent + 1;
    for (size_t place = 0; place < STREAM_BYTES; place++) {
        uint8_t byte = (uint8_t)(stream >> (24 - 8 * place));
        sum ^= stream_sums[place][byte ^ publisher->frame[stream_offset + place]];
        frame[stream_offset + place] = byte;
    }
    for (size_t place = 0; place < NUMBER_DIGITS; place++) {
        uint8_t digit = (uint8_t)digits[publisher->sent >> (4 * (NUMBER_DIGITS - 1 - place)) & 15];
        sum ^= number_sums[place][digit ^ '0'];
        frame[number_offset + place] = digit;
    }
    for (size_t place = 0; place < 4; place++) frame[bytes - 4 + place] = (uint8_t)(sum >> (24 - 8 * place));
    publisher->sent += 1;
    publisher->output_bytes += bytes;
}

static void watch(struct connection *connection, int how, bool waits_for_room) {
    struct epoll_event event = {.events = EPOLLIN | (waits_for_room ? EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(events, how, connection->socket, &event) != 0) fail("epoll_ctl");
}

/// Sends as many messages as may be under way.
static void pump(struct publisher *publisher) {
    uint64_t now = nanoseconds();
    while (publisher->sent < publisher->quota) {
        struct slot *slot = &publisher->slots[publisher->sent % flow->in_flight];
        if (slot->remaining > 0) break;
        *slot = (struct slot){.sent_at = now, .remaining = 1 + flow->subscribers};
        append_next(publisher);
    }
    if (publisher->output_bytes == 0) return;
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    ssize_t count = send(publisher->connection.socket, publisher->output, publisher->output_bytes, flags);
    if (count < 0 && errno != EAGAIN) fail("send");
    if (count > 0) publisher->output_bytes -= (size_t)count;
    if (count > 0 && publisher->output_bytes > 0) {
        memmove(publisher->output, publisher->output + count, publisher->output_bytes);
    }
    if (publisher->waits_for_room != (publisher->output_bytes > 0)) {
        publisher->waits_for_room = !publisher->waits_for_room;
        watch(&publisher->connection, EPOLL_CTL_MOD, publisher->waits_for_room);
    }
}

static uint64_t number(const uint8_t *text, unsigned count) {
    uint64_t value = 0;
    for (unsigned place = 0; place < count; place++) {
        uint8_t byte = text[place];
        value = value << 4 | (uint8_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
    }
    return value;
}

static void answer(struct publisher *publisher, const struct ipc_frame *frame, uint64_t now) {
    if (frame->type != IPC_MESSAGE) {
        fprintf(stderr, "IPCLoad: %.*s\n", (int)frame->payload_bytes, (const char *)frame->payload);
        exit(1);
    }
    uint64_t message = flow->is_blind ? publisher->answered : (uint64_t)frame->stream - 1;
    struct slot *slot = &publisher->slots[message % flow->in_flight];
    if (message >= publisher->sent || message + flow->in_flight < publisher->sent || slot->is_answered) {
        fail("an answer to nothing");
    }
    slot->is_answered = true;
    slot->remaining -= 1;
    publisher->answered += 1;
    answered += 1;
    response_bytes = frame->bytes;
    histogram_add(&response_times, now - slot->sent_at);
}

/// The publisher and the number of the message that an event carries.
static uint64_t read_event(const struct ipc_frame *frame, unsigned *publisher) {
    static const char before[] = "\"message\":\"";
    const uint8_t *text = memmem(frame->payload, frame->payload_bytes, before, sizeof before - 1);
    if (frame->type != IPC_MESSAGE || !text) fail("an event without a message");
    text += sizeof before - 1;
    const uint8_t *end = frame->payload + frame->payload_bytes;
    if (end - text <= IPC_MESSAGE_TEXT_BYTES) fail("an event that is too short");
    *publisher = (unsigned)number(text, PUBLISHER_DIGITS);
    if (*publisher >= flow->publishers) fail("an event of nobody's message");
    if (flow->checks) {
        const uint8_t *sent = publishers[*publisher].frame + number_offset + NUMBER_DIGITS;
        size_t prefix = PUBLISHER_DIGITS + NUMBER_DIGITS;
        bool is_same = memcmp(text + prefix, sent, IPC_MESSAGE_TEXT_BYTES - prefix + 1) == 0;
        if (!is_same) fail("another message than sent");
    }
    return number(text + PUBLISHER_DIGITS, NUMBER_DIGITS);
}

static void deliver(struct subscriber *subscriber, const struct ipc_frame *frame, uint64_t now) {
    unsigned index = 0;
    uint64_t message = read_event(frame, &index);
    if (flow->is_blind) message = subscriber->received[index];
    if (message != subscriber->received[index]) fail("a message was lost or overtaken");
    struct publisher *publisher = &publishers[index];
    struct slot *slot = &publisher->slots[message % flow->in_flight];
    if (message >= publisher->sent) fail("a message that was not sent");
    subscriber->received[index] += 1;
    slot->remaining -= 1;
    delivered += 1;
    event_bytes = frame->bytes;
    histogram_add(&event_times, now - slot->sent_at);
}

static void receive(struct connection *connection) {
    uint8_t *room = connection->input + connection->input_bytes;
    ssize_t count = recv(connection->socket, room, INPUT_BYTES_MAX - connection->input_bytes, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) fail("the connection was closed");
    errno = 0;
    connection->input_bytes += (size_t)count;
    // One time for all: they were there together.
    uint64_t now = nanoseconds();
    const uint8_t *next = connection->input;
    size_t rest = connection->input_bytes;
    struct ipc_frame frame;
    int found;
    while ((found = ipc_read(next, rest, flow->checks, &frame)) > 0) {
        if (connection->is_publisher) {
            answer(&publishers[connection->index], &frame, now);
        } else {
            deliver(&subscribers[connection->index], &frame, now);
        }
        next += frame.bytes;
        rest -= frame.bytes;
    }
    if (found < 0) fail("what came is no message");
    memmove(connection->input, next, rest);
    connection->input_bytes = rest;
}

static void open_connection(struct connection *connection, bool is_publisher, unsigned index) {
    *connection = (struct connection){
        .socket = ipc_connect(flow->socket, flow->token), .is_publisher = is_publisher, .index = index,
        .input = malloc(INPUT_BYTES_MAX),
    };
    if (!connection->input) fail("malloc");
    if (!is_publisher) ipc_subscribe(connection->socket, 1, IPC_TOPIC);
    watch(connection, EPOLL_CTL_ADD, false);
}

static void open_all(void) {
    publishers = calloc(flow->publishers, sizeof *publishers);
    subscribers = calloc(flow->subscribers, sizeof *subscribers);
    if (!publishers || !subscribers) fail("calloc");
    for (unsigned index = 0; index < flow->stalled; index++) {
        ipc_subscribe(ipc_connect(flow->socket, flow->token), 1, IPC_TOPIC);
    }
    for (unsigned index = 0; index < flow->subscribers; index++) {
        open_connection(&subscribers[index].connection, false, index);
        subscribers[index].received = calloc(flow->publishers, sizeof(uint64_t));
        if (!subscribers[index].received) fail("calloc");
    }
    for (unsigned index = 0; index < flow->publishers; index++) {
        struct publisher *publisher = &publishers[index];
        char text[IPC_MESSAGE_TEXT_BYTES + 1];
        write_text(text, index);
        publisher->frame_bytes = ipc_write_publish(publisher->frame, text);
        if (index == 0) prepare_sums(publisher->frame, publisher->frame_bytes);
        publisher->quota = flow->messages / flow->publishers;
        publisher->slots = calloc(flow->in_flight, sizeof *publisher->slots);
        publisher->output = malloc(flow->in_flight * publisher->frame_bytes);
        if (!publisher->slots || !publisher->output) fail("calloc");
        open_connection(&publisher->connection, true, index);
    }
}

void run_flow(const struct flow *what) {
    flow = what;
    events = epoll_create1(EPOLL_CLOEXEC);
    if (events < 0) fail("epoll_create1");
    open_all();
    uint64_t messages = flow->messages / flow->publishers * flow->publishers;
    uint64_t start = nanoseconds();
    for (unsigned index = 0; index < flow->publishers; index++) pump(&publishers[index]);
    while (answered < messages || delivered < messages * flow->subscribers) {
        struct epoll_event ready[128];
        int count = epoll_wait(events, ready, 128, -1);
        if (count < 0) fail("epoll_wait");
        for (int index = 0; index < count; index++) receive(ready[index].data.ptr);
        for (unsigned index = 0; index < flow->publishers; index++) pump(&publishers[index]);
    }
    double seconds = (double)(nanoseconds() - start) / 1e9;
    printf(
        "{\"publishes\": %.0f, \"deliveries\": %.0f, \"response_p50\": %.2f, \"response_p99\": %.2f, "
        "\"event_p50\": %.2f, \"event_p99\": %.2f, \"response_bytes\": %zu, \"event_bytes\": %zu}\n",
        (double)answered / seconds, (double)delivered / seconds, histogram_percentile(&response_times, 0.5),
        histogram_percentile(&response_times, 0.99), histogram_percentile(&event_times, 0.5),
        histogram_percentile(&event_times, 0.99), response_bytes, event_bytes
    );
}
