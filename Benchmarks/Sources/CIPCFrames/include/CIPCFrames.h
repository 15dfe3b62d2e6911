// Messages of the Greengrass IPC as bytes, and back: what the load and the servers that do nothing share.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPC_FRAME_BYTES_MAX 4096

// The raw message of a publish has 256 bytes, which are so many in base64: "=="-padded, as the SDKs do it.
#define IPC_MESSAGE_TEXT_BYTES 344
#define IPC_TOPIC "bench/topic"

enum ipc_type { IPC_MESSAGE = 0, IPC_ERROR = 1, IPC_CONNECT = 4, IPC_CONNECT_ACK = 5 };
enum ipc_flags { IPC_ACCEPTED = 1, IPC_TERMINATE = 2 };

struct ipc_frame {
    // All of it, and what its headers say.
    size_t bytes;
    int32_t type, flags, stream;
    const uint8_t *payload;
    size_t payload_bytes;
};

uint32_t ipc_crc32(const uint8_t *bytes, size_t count);

/// What a byte adds to the checksum of a message, by its value, when so many bytes of the message follow it.
void ipc_crc32_of_byte(uint32_t sums[256], size_t following_bytes);

/// Writes a message with these string headers, names and values in turn up to a NULL; gives its bytes.
size_t ipc_write(
    uint8_t to[IPC_FRAME_BYTES_MAX], int32_t type, int32_t flags, int32_t stream, const char *const strings[],
    const char *payload
);

size_t ipc_write_connect(uint8_t to[IPC_FRAME_BYTES_MAX], const char *token);
size_t ipc_write_connect_ack(uint8_t to[IPC_FRAME_BYTES_MAX]);
size_t ipc_write_subscribe(uint8_t to[IPC_FRAME_BYTES_MAX], int32_t stream, const char *filter);
size_t ipc_write_publish(uint8_t to[IPC_FRAME_BYTES_MAX], const char text[IPC_MESSAGE_TEXT_BYTES + 1]);

/// The answer to a request; `is_last` when it ends its stream.
size_t ipc_write_response(uint8_t to[IPC_FRAME_BYTES_MAX], int32_t stream, const char *operation, bool is_last);
size_t ipc_write_event(uint8_t to[IPC_FRAME_BYTES_MAX], int32_t stream, const char text[IPC_MESSAGE_TEXT_BYTES + 1]);

/// The bytes of the message that begins here, as it says itself; 0 when less than its length is there.
size_t ipc_length(const uint8_t *bytes, size_t count);

/// Reads the message that begins here.
///
/// Returns 1, or 0 when it is not all there, or -1 when it is none. Its checksums are looked at only on demand.
int ipc_read(const uint8_t *bytes, size_t count, bool checks_sums, struct ipc_frame *frame);
