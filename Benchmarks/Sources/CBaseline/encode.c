#include "baseline.h"
#include "bytes.h"

size_t baseline_encode_packet_in(uint8_t *b, uint8_t version, const struct baseline_packet_in *p) {
    size_t start = version == 1 ? 18 : 42;
    memset(b, 0, start);
    b[0] = version;
    b[1] = 10;
    put16(b + 2, (uint16_t)(start + p->packet_bytes));
    put32(b + 8, p->buffer_id);
    put16(b + 12, p->total_length);
    if (version == 1) {
        put16(b + 14, (uint16_t)p->in_port);
        b[16] = p->reason;
    } else {
        b[14] = p->reason;
        b[15] = p->table_id;
        put64(b + 16, p->cookie);
        put16(b + 24, 1);
        put16(b + 26, 12);
        put32(b + 28, 0x80000004);
        put32(b + 32, p->in_port);
    }
    memcpy(b + start, p->packet, p->packet_bytes);
    return start + p->packet_bytes;
}

/// Writes a field of the basic class and returns where the next one goes.
static uint8_t *put_field(uint8_t *b, uint8_t field, uint32_t value, uint8_t bytes) {
    put32(b, 0x80000000 | (uint32_t)field << 9 | bytes);
    switch (bytes) {
    case 1: b[4] = (uint8_t)value; break;
    case 2: put16(b + 4, (uint16_t)value); break;
    default: put32(b + 4, value);
    }
    return b + 4 + bytes;
}

static size_t encode10(uint8_t *b, const struct baseline_flow_stats *f) {
    memset(b, 0, 96);
    put16(b, 96);
    b[2] = f->table_id;
    // VLAN, both Ethernet addresses and the type of service are left out.
    put32(b + 4, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 20 | 1u << 21);
    put16(b + 8, (uint16_t)f->in_port);
    put16(b + 26, 0x0800);
    b[29] = 17;
    put32(b + 32, f->source);
    put32(b + 36, f->destination);
    put16(b + 40, f->source_port);
    put16(b + 42, f->destination_port);
    put32(b + 44, f->duration_seconds);
    put32(b + 48, f->duration_nanoseconds);
    put16(b + 52, f->priority);
    put16(b + 54, f->idle_timeout);
    put16(b + 56, f->hard_timeout);
    put64(b + 64, f->cookie);
    put64(b + 72, f->packet_count);
    put64(b + 80, f->byte_count);
    put16(b + 90, 8);
    put16(b + 92, (uint16_t)f->output_port);
    return 96;
}

size_t baseline_encode_flow_stats(uint8_t *b, uint8_t version, const struct baseline_flow_stats *f) {
    if (version == 1) return encode10(b, f);
    memset(b, 0, 48);
    b[2] = f->table_id;
    put32(b + 4, f->duration_seconds);
    put32(b + 8, f->duration_nanoseconds);
    put16(b + 12, f->priority);
    put16(b + 14, f->idle_timeout);
    put16(b + 16, f->hard_timeout);
    put16(b + 18, f->flags);
    put64(b + 24, f->cookie);
    put64(b + 32, f->packet_count);
    put64(b + 40, f->byte_count);
    uint8_t *at = b + 52;
    at = put_field(at, 0, f->in_port, 4);
    at = put_field(at, 5, 0x0800, 2);
    at = put_field(at, 10, 17, 1);
    at = put_field(at, 11, f->source, 4);
    at = put_field(at, 12, f->destination, 4);
    at = put_field(at, 15, f->source_port, 2);
    at = put_field(at, 16, f->destination_port, 2);
    put16(b + 48, 1);
    put16(b + 50, (uint16_t)(at - b - 48));
    while ((at - b) % 8) *at++ = 0;
    memset(at, 0, 24);
    put16(at, 4);
    put16(at + 2, 24);
    put16(at + 10, 16);
    put32(at + 12, f->output_port);
    at += 24;
    put16(b, (uint16_t)(at - b));
    return (size_t)(at - b);
}
