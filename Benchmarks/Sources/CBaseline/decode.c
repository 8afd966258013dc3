#include "baseline.h"
#include "bytes.h"

/// Adds an entry; the value is right-aligned.
static int add(struct baseline_flow_mod *f, uint8_t field, const uint8_t *value, size_t width, const uint8_t *mask) {
    if (f->entry_count == 32) return -1;
    struct baseline_entry *e = &f->entries[f->entry_count++];
    e->field = field;
    memset(e->value, 0, sizeof e->value);
    memset(e->mask, 0, sizeof e->mask);
    memcpy(e->value + 16 - width, value, width);
    if (mask) {
        memcpy(e->mask + 16 - width, mask, width);
    } else {
        memset(e->mask + 16 - width, 0xff, width);
    }
    return 0;
}

int baseline_decode_flow_mod13(const uint8_t *b, size_t count, struct baseline_flow_mod *f) {
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
        if (end - at < 4 || get16(b + at) != 0x8000) return -1;
        size_t length = b[at + 3];
        int has_mask = b[at + 2] & 1;
        size_t width = has_mask ? length / 2 : length;
        if (length > end - at - 4 || width == 0 || width > 16) return -1;
        if (add(f, b[at + 2] >> 1, b + at + 4, width, has_mask ? b + at + 4 + width : NULL)) return -1;
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

/// Adds an address of which a number of low bits is left out.
static int add_address(struct baseline_flow_mod *f, uint8_t field, const uint8_t *address, unsigned left_out) {
    if (left_out >= 32) return 0;
    uint8_t mask[4];
    put32(mask, UINT32_MAX << left_out);
    return add(f, field, address, 4, mask);
}

int baseline_decode_flow_mod10(const uint8_t *b, size_t count, struct baseline_flow_mod *f) {
    if (count < 72 || b[0] != 1 || b[1] != 14 || get16(b + 2) != count) return -1;
    uint32_t wildcards = get32(b + 8);
    f->entry_count = 0;
    // What a bit leaves out, the OXM field that it is, where it is, and how many bytes.
    static const struct { uint8_t bit, field, offset, bytes; } fields[] = {
        {0, 0, 12, 2}, {2, 4, 14, 6}, {3, 3, 20, 6}, {1, 6, 26, 2}, {20, 7, 28, 1}, {4, 5, 30, 2},
        {21, 8, 32, 1}, {5, 10, 33, 1}, {6, 15, 44, 2}, {7, 16, 46, 2},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (wildcards >> fields[i].bit & 1) continue;
        if (add(f, fields[i].field, b + fields[i].offset, fields[i].bytes, NULL)) return -1;
    }
    if (add_address(f, 11, b + 36, wildcards >> 8 & 63) || add_address(f, 12, b + 40, wildcards >> 14 & 63)) return -1;
    f->cookie = get64(b + 48);
    f->cookie_mask = 0;
    f->table_id = 0;
    f->command = (uint8_t)get16(b + 56);
    f->idle_timeout = get16(b + 58);
    f->hard_timeout = get16(b + 60);
    f->priority = get16(b + 62);
    f->buffer_id = get32(b + 64);
    f->out_port = get16(b + 68);
    f->out_group = UINT32_MAX;
    f->flags = get16(b + 70);
    f->importance = 0;
    f->action_count = 0;
    for (size_t at = 72; at < count; at += 8) {
        if (count - at < 8 || get16(b + at) != 0 || get16(b + at + 2) != 8 || f->action_count == 16) return -1;
        f->output_ports[f->action_count++] = get16(b + at + 4);
    }
    return 0;
}

int baseline_decode_packet_out(const uint8_t *b, size_t count, struct baseline_packet_out *p) {
    if (count < 16 || b[1] != 13 || get16(b + 2) != count) return -1;
    int is_old = b[0] == 1;
    size_t start = is_old ? 16 : 24, size = is_old ? 8 : 16;
    if (count < start) return -1;
    p->buffer_id = get32(b + 8);
    p->in_port = is_old ? get16(b + 12) : get32(b + 12);
    size_t actions = get16(b + (is_old ? 14 : 16));
    if (actions > count - start || actions % size) return -1;
    p->action_count = 0;
    for (size_t at = start; at < start + actions; at += size) {
        if (get16(b + at) != 0 || get16(b + at + 2) != size || p->action_count == 16) return -1;
        p->output_ports[p->action_count++] = is_old ? get16(b + at + 4) : get32(b + at + 4);
    }
    p->packet_bytes = count - start - actions;
    if (p->packet_bytes > sizeof p->packet) return -1;
    memcpy(p->packet, b + start + actions, p->packet_bytes);
    return 0;
}
