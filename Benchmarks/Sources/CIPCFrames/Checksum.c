#include "CIPCFrames.h"

static uint32_t tables[8][256];

__attribute__((constructor)) static void fill(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t sum = byte;
        for (int bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >> 1 ^ 0xEDB88320 : sum >> 1;
        tables[0][byte] = sum;
    }
    for (int table = 1; table < 8; table++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t sum = tables[table - 1][byte];
            tables[table][byte] = tables[0][sum & 0xFF] ^ sum >> 8;
        }
    }
}

uint32_t ipc_crc32(const uint8_t *bytes, size_t count) {
    uint32_t sum = ~0u;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint32_t first = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
        first = sum ^ (first | (uint32_t)bytes[3] << 24);
        sum = tables[7][first & 0xFF] ^ tables[6][first >> 8 & 0xFF] ^ tables[5][first >> 16 & 0xFF] ^
              tables[4][first >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^
              tables[0][bytes[7]];
    }
    for (; count > 0; bytes++, count--) sum = tables[0][(sum ^ *bytes) & 0xFF] ^ sum >> 8;
    return ~sum;
}

void ipc_crc32_of_byte(uint32_t sums[256], size_t following_bytes) {
    for (int byte = 0; byte < 256; byte++) {
        uint32_t sum = tables[0][byte];
        for (size_t step = 0; step < following_bytes; step++) sum = tables[0][sum & 0xFF] ^ sum >> 8;
        sums[byte] = sum;
    }
}
