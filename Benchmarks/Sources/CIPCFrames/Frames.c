#include "CIPCFrames.h"

#include <stdio.h>
#include <string.h>

#define PRELUDE_BYTES 12
#define TRAILER_BYTES 4
#define TYPE_INT32 4
#define TYPE_STRING 7

static uint32_t load32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint8_t *store32(uint8_t *to, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) *to++ = (uint8_t)(value >> shift);
    return to;
}

static uint8_t *write_name(uint8_t *to, const char *name, uint8_t type) {
    size_t bytes = strlen(name);
    *to++ = (uint8_t)bytes;
    memcpy(to, name, bytes);
    to[bytes] = type;
    return to + bytes + 1;
}

static uint8_t *write_number(uint8_t *to, const char *name, int32_t value) {
    return store32(write_name(to, name, TYPE_INT32), (uint32_t)value);
}

static uint8_t *write_string(uint8_t *to, const char *name, const char *value) {
    size_t bytes = strlen(value);
    to = write_name(to, name, TYPE_STRING);
    *to++ = (uint8_t)(bytes >> 8);
    *to++ = (uint8_t)bytes;
    memcpy(to, value, bytes);
    return to + bytes;
}

size_t ipc_write(
    uint8_t to[IPC_FRAME_BYTES_MAX], int32_t type, int32_t flags, int32_t stream, const char *const strings[],
    const char *payload
) {
    uint8_t *end = to + PRELUDE_BYTES;
    for (; *strings; strings += 2) end = write_string(end, strings[0], strings[1]);
    end = write_number(end, ":message-type", type);
    end = write_number(end, ":message-flags", flags);
    end = write_number(end, ":stream-id", stream);
    size_t header_bytes = (size_t)(end - to) - PRELUDE_BYTES;
    memcpy(end, payload, strlen(payload));
    end += strlen(payload);
    size_t bytes = (size_t)(end - to) + TRAILER_BYTES;
    store32(to, (uint32_t)bytes);
    store32(to + 4, (uint32_t)header_bytes);
    store32(to + 8, ipc_crc32(to, 8));
    store32(end, ipc_crc32(to, bytes - TRAILER_BYTES));
    return bytes;
}

static size_t write_application(
    uint8_t to[IPC_FRAME_BYTES_MAX], int32_t flags, int32_t stream, const char *model, const char *operation,
    const char *payload
) {
    const char *strings[] = {
        ":content-type",
        "application/json",
        "service-model-type",
        model,
        operation ? "operation" : NULL,
        operation,
        NULL,
    };
    return ipc_write(to, IPC_MESSAGE, flags, stream, strings, payload);
}

size_t ipc_write_connect(uint8_t to[IPC_FRAME_BYTES_MAX], const char *token) {
    char payload[512];
    snprintf(payload, sizeof payload, "{\"authToken\": \"%s\"}", token);
    return ipc_write(to, IPC_CONNECT, 0, 0, (const char *const[]){":version", "0.1.0", NULL}, payload);
}

size_t ipc_write_connect_ack(uint8_t to[IPC_FRAME_BYTES_MAX]) {
    return ipc_write(to, IPC_CONNECT_ACK, IPC_ACCEPTED, 0, (const char *const[]){NULL}, "");
}

size_t ipc_write_subscribe(uint8_t to[IPC_FRAME_BYTES_MAX], int32_t stream, const char *filter) {
    char payload[512];
    snprintf(payload, sizeof payload, "{\"topic\": \"%s\", \"receiveMode\": \"RECEIVE_ALL_MESSAGES\"}", filter);
    return write_application(
        to, 0, stream, "aws.greengrass#SubscribeToTopicRequest", "aws.greengrass#SubscribeToTopic", payload
    );
}

size_t ipc_write_publish(uint8_t to[IPC_FRAME_BYTES_MAX], const char text[IPC_MESSAGE_TEXT_BYTES + 1]) {
    char payload[1024];
    snprintf(
        payload, sizeof payload,
        "{\"topic\": \"" IPC_TOPIC "\", \"publishMessage\": {\"binaryMessage\": {\"message\": \"%s\"}}}", text
    );
    return write_application(
        to, 0, 1, "aws.greengrass#PublishToTopicRequest", "aws.greengrass#PublishToTopic", payload
    );
}

size_t ipc_write_response(uint8_t to[IPC_FRAME_BYTES_MAX], int32_t stream, const char *operation, bool is_last) {
    char model[128];
    snprintf(model, sizeof model, "aws.greengrass#%sResponse", operation);
    return write_application(to, is_last ? IPC_TERMINATE : 0, stream, model, NULL, "{}");
}

size_t ipc_write_event(
    uint8_t to[IPC_FRAME_BYTES_MAX], int32_t stream, const char text[IPC_MESSAGE_TEXT_BYTES + 1]
) {
    char payload[1024];
    snprintf(
        payload, sizeof payload, "{\"binaryMessage\":{\"message\":\"%s\",\"context\":{\"topic\":\"" IPC_TOPIC "\"}}}",
        text
    );
    return write_application(to, 0, stream, "aws.greengrass#SubscriptionResponseMessage", NULL, payload);
}

size_t ipc_length(const uint8_t *bytes, size_t count) {
    return count < 4 ? 0 : load32(bytes);
}

/// The bytes of a header's value of this type, the length before it included; 0 for a type that is none.
static size_t value_bytes(uint8_t type, const uint8_t *value, const uint8_t *end) {
    static const size_t fixed[] = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
    if (type == 6 || type == TYPE_STRING) {
        return end - value < 2 ? SIZE_MAX : 2 + ((size_t)value[0] << 8 | value[1]);
    }
    return type < sizeof fixed / sizeof *fixed ? fixed[type] : SIZE_MAX;
}

static bool is_named(const uint8_t *header, const char *name) {
    size_t bytes = strlen(name);
    return header[0] == bytes && memcmp(header + 1, name, bytes) == 0;
}

int ipc_read(const uint8_t *bytes, size_t count, bool checks_sums, struct ipc_frame *frame) {
    size_t length = ipc_length(bytes, count);
    if (length == 0 && count < 4) return 0;
    if (length < PRELUDE_BYTES + TRAILER_BYTES) return -1;
    if (count < length) return 0;
    size_t header_bytes = load32(bytes + 4);
    if (header_bytes > length - PRELUDE_BYTES - TRAILER_BYTES) return -1;
    if (checks_sums && (load32(bytes + 8) != ipc_crc32(bytes, 8) ||
                        load32(bytes + length - TRAILER_BYTES) != ipc_crc32(bytes, length - TRAILER_BYTES))) {
        return -1;
    }
    *frame = (struct ipc_frame){.bytes = length, .type = -1, .flags = -1, .stream = -1};
    const uint8_t *header = bytes + PRELUDE_BYTES, *end = header + header_bytes;
    while (header < end) {
        const uint8_t *type = header + 1 + header[0];
        if (type >= end) return -1;
        size_t size = value_bytes(*type, type + 1, end);
        if (size > (size_t)(end - type - 1)) return -1;
        if (*type == TYPE_INT32) {
            int32_t value = (int32_t)load32(type + 1);
            if (is_named(header, ":message-type")) frame->type = value;
            if (is_named(header, ":message-flags")) frame->flags = value;
            if (is_named(header, ":stream-id")) frame->stream = value;
        }
        header = type + 1 + size;
    }
    if (frame->type < 0 || frame->flags < 0 || frame->stream < 0) return -1;
    frame->payload = end;
    frame->payload_bytes = length - TRAILER_BYTES - PRELUDE_BYTES - header_bytes;
    return 1;
}
