// UDP sockets that tunnels end at. Every function returns a count, a descriptor or 0, or a negated errno. None keeps
// state.
#pragma once
#include <stddef.h>
#include <stdint.h>

// What the outer headers of a datagram say. Addresses are IPv6, or IPv4 mapped into it (RFC 4291 2.5.5.2).
struct clinux_tunnel_header {
    uint8_t source[16];
    uint8_t destination[16];
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t tos;
    uint8_t ttl;
};

// Opens a non-blocking UDP socket on the port of every address, IPv6 and IPv4 where there is IPv6 (*is_ipv6: 1), else
// IPv4 alone, which tells the headers of what it receives.
int clinux_tunnel_open(uint16_t port, uint32_t receive_bytes, int *is_ipv6);
// Takes one datagram; its length may be larger than the capacity: then the rest is lost.
int clinux_tunnel_receive(int fd, int is_ipv6, void *data, size_t capacity, struct clinux_tunnel_header *header);
// Sends one datagram of two parts; a source of zeros leaves it to the host's routes.
int clinux_tunnel_send(
    int fd, int is_ipv6, const void *first, size_t first_length, const void *second, size_t second_length,
    const struct clinux_tunnel_header *header);
