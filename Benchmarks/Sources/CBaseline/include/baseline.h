// What the benchmarks are compared with: the same work in plain C; and a count of allocations.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct baseline_entry {
    uint8_t field;
    uint8_t value[16];
    uint8_t mask[16];
};

struct baseline_flow_mod {
    uint64_t cookie, cookie_mask;
    uint32_t buffer_id, out_port, out_group;
    uint16_t idle_timeout, hard_timeout, priority, flags, importance;
    uint8_t table_id, command;
    unsigned entry_count, action_count;
    struct baseline_entry entries[32];
    uint32_t output_ports[16];
};

/// Decodes a FLOW_MOD of 1.3 with basic fields and output actions, checking lengths; returns 0, or -1 where it cannot.
int baseline_decode(const uint8_t *bytes, size_t count, struct baseline_flow_mod *flow_mod);

/// Calls of malloc, calloc, realloc and their kin since the process began.
uint64_t baseline_allocations(void);

/// Processor time of this thread in nanoseconds.
uint64_t baseline_cpu_nanoseconds(void);
