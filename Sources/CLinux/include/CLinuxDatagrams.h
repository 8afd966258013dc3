// Receives several datagrams by one system call (recvmmsg needs _GNU_SOURCE, which Swift's importer must not see).
#pragma once
#include <stddef.h>
#include <stdint.h>

// How many datagrams one call of clinux_receive_datagrams takes at most.
#define CLINUX_DATAGRAMS_MAXIMUM 64

// Receives up to `count` datagrams from `descriptor`; number i goes to base + i * stride, its whole length (which exceeds
// `stride` where it was cut off) to lengths[i]. `flags` are those of recvmmsg(2); MSG_TRUNC and, after the first datagram,
// MSG_DONTWAIT are added. Returns how many came, or -errno.
int clinux_receive_datagrams(int descriptor, void *base, size_t stride, unsigned count, uint32_t *lengths, int flags);
