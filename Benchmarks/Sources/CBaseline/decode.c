#include "baseline.h"

#include <string.h>

static uint16_t get16(const uint8_t *b) { return (uint16_t)(b[0] << 8 | b[1]); }
static uint32_t get32(const uint8_t *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
static uint64_t get64(const uint8_t *b) { return (uint64_t)get32(b) << 32 | get32(b + 4); }

int baseline_decode(const uint8_t *b, size_t count, struct baseline_flow_mod *f) {
    if (count < 56 || b[0] != 4 || b[1] != 14 || get16(b + 2) != count || b[25] > 4) return -1;
    f->cookie = get64(b + 8);
    f->cookie_mask = get64(b + 16);
    f->table_id = b[24];
    f->command = b[25];
    f->idle_timeout = get16(b + 26);
    f->hard_timeout = get16(b + 28);
    f->priority = get16(b + 30);
    f->buffer_id = get32(b + 32);
    f->out_port = get32(b + 36);
    f->out_group = get32(b + 40);
    f->flags = get16(b + 44);
    f->importance = 0;
    size_t match = get16(b + 50), padded = (match + 7) / 8 * 8;
    if (get16(b + 48) != 1 || match < 4 || 48 + padded > count) return -1;
    f->entry_count = 0;
    for (size_t at = 52, end = 48 + match; at < end;) {
        if (end - at < 4 || get16(b + at) != 0x8000 || f->entry_count == 32) return -1;
        size_t length = b[at + 3];
        int has_mask = b[at + 2] & 1;
        size_t width = has_mask ? length / 2 : length;
        if (length > end - at - 4 || width == 0 || width > 16) return -1;
        struct baseline_entry *e = &f->entries[f->entry_count++];
        e->field = b[at + 2] >> 1;
        memset(e->value, 0, sizeof e->value);
        memset(e->mask, 0, sizeof e->mask);
        memcpy(e->value + 16 - width, b + at + 4, width);
        if (has_mask) {
            memcpy(e->mask + 16 - width, b + at + 4 + width, width);
        } else {
            memset(e->mask + 16 - width, 0xff, width);
        }
        at += 4 + length;
    }
    f->action_count = 0;
    for (size_t at = 48 + padded; at < count;) {
        if (count - at < 8 || get16(b + at) != 4) return -1;
        size_t length = get16(b + at + 2);
        if (length < 8 || length > count - at || length % 8) return -1;
        for (size_t action = at + 8; action < at + length;) {
            if (at + length - action < 16 || get16(b + action) != 0 || get16(b + action + 2) != 16) return -1;
            if (f->action_count == 16) return -1;
            f->output_ports[f->action_count++] = get32(b + action + 4);
            action += 16;
        }
        at += length;
    }
    return 0;
}
