// Big-endian numbers in memory.
#pragma once
#include <stdint.h>
#include <string.h>

static inline uint16_t get16(const uint8_t *b) {
    uint16_t value;
    memcpy(&value, b, sizeof value);
    return __builtin_bswap16(value);
}
static inline uint32_t get32(const uint8_t *b) {
    uint32_t value;
    memcpy(&value, b, sizeof value);
    return __builtin_bswap32(value);
}
static inline uint64_t get64(const uint8_t *b) {
    uint64_t value;
    memcpy(&value, b, sizeof value);
    return __builtin_bswap64(value);
}
static inline void put16(uint8_t *b, uint16_t value) {
    value = __builtin_bswap16(value);
    memcpy(b, &value, sizeof value);
}
static inline void put32(uint8_t *b, uint32_t value) {
    value = __builtin_bswap32(value);
    memcpy(b, &value, sizeof value);
}
static inline void put64(uint8_t *b, uint64_t value) {
    value = __builtin_bswap64(value);
    memcpy(b, &value, sizeof value);
}
