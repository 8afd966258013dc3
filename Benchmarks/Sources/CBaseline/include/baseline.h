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

struct baseline_packet_out {
    uint32_t buffer_id, in_port;
    unsigned action_count;
    uint32_t output_ports[16];
    size_t packet_bytes;
    uint8_t packet[2048];
};

struct baseline_packet_in {
    uint64_t cookie;
    uint32_t buffer_id, in_port;
    uint16_t total_length;
    uint8_t reason, table_id;
    size_t packet_bytes;
    const uint8_t *packet;
};

/// A flow of UDP by an exact five-tuple and an ingress port, with one output action, in a FLOW reply.
struct baseline_flow_stats {
    uint64_t cookie, packet_count, byte_count;
    uint32_t duration_seconds, duration_nanoseconds, in_port, source, destination, output_port;
    uint16_t priority, idle_timeout, hard_timeout, flags, source_port, destination_port;
    uint8_t table_id;
};

/// Decodes a FLOW_MOD of 1.3 with basic fields and output actions, checking lengths; returns 0, or -1 where it cannot.
int baseline_decode_flow_mod13(const uint8_t *bytes, size_t count, struct baseline_flow_mod *flow_mod);

/// The same of 1.0.
int baseline_decode_flow_mod10(const uint8_t *bytes, size_t count, struct baseline_flow_mod *flow_mod);

/// Decodes a PACKET_OUT of 1.0 (version 1) or 1.3 (version 4) with output actions; returns 0, or -1 where it cannot.
int baseline_decode_packet_out(const uint8_t *bytes, size_t count, struct baseline_packet_out *packet_out);

/// Writes a PACKET_IN of 1.0 (version 1) or 1.3 (version 4); returns how many bytes, at most 48 and the packet's.
size_t baseline_encode_packet_in(uint8_t *bytes, uint8_t version, const struct baseline_packet_in *packet_in);

/// Writes an entry of a FLOW reply of 1.0 (version 1) or 1.3 (version 4); returns how many bytes, at most 160.
size_t baseline_encode_flow_stats(uint8_t *bytes, uint8_t version, const struct baseline_flow_stats *flow);

/// Calls of malloc, calloc, realloc and their kin since the process began.
uint64_t baseline_allocations(void);

/// Processor time of this thread in nanoseconds.
uint64_t baseline_cpu_nanoseconds(void);
