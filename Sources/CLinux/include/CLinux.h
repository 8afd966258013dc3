// Linux interfaces that Swift's Glibc module does not reach: epoll, packet rings, TUN/TAP, rtnetlink, batch socket calls.
// Declarations and static inline wrappers only; no state.
#pragma once
// _GNU_SOURCE stays out of this header: with it, types such as fd_set differ from those of Swift's Glibc module. Calls that need
// it are wrapped in the .c files, which define it.
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "CLinuxDatagrams.h"
#include "CLinuxPacketIO.h"
#include "CLinuxTunnels.h"

// Asks the processor to read the line of memory at `address`, of which there may be none, into its caches; returns at once.
static inline void clinux_prefetch(const void *address) { __builtin_prefetch(address); }
