/* CRC-32C (Castagnoli): finds torn and rotten records. It is no protection against an attacker; sealing is. */
#include "common.h"

#include <pthread.h>

#define POLYNOMIAL 0x82F63B78u

static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_instruction;

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        }
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int row = 1; row < 8; row++) {
            table[row][i] = table[row - 1][i] >> 8 ^ table[0][table[row - 1][i] & 0xFF];
        }
    }
#if defined(__x86_64__)
    has_instruction = __builtin_cpu_supports("sse4.2") != 0;
#endif
}

static uint32_t by_table(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word = common_load(bytes, 8) ^ crc;
        crc = 0;
        for (int row = 0; row < 8; row++) {
            crc ^= table[7 - row][word >> (8 * row) & 0xFF];
        }
    }
    for (; size > 0; bytes++, size--) {
        crc = crc >> 8 ^ table[0][(crc ^ *bytes) & 0xFF];
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t size)
{
    uint64_t wide = crc;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; size > 0; bytes++, size--) {
        crc = __builtin_ia32_crc32qi(crc, *bytes);
    }
    return crc;
}
#endif

uint32_t common_checksum(uint32_t crc, const void *data, size_t size)
{
    pthread_once(&once, make_table);
    crc = ~crc;
#if defined(__x86_64__)
    if (has_instruction) {
        return ~by_instruction(crc, data, size);
    }
#endif
    return ~by_table(crc, data, size);
}
