// Packet sockets, TAP devices and network interfaces: calls that need _GNU_SOURCE types, unions or variadic
// ioctl. Every function returns a count or 0, or a negated errno. None keeps state.
#pragma once
#include <stdint.h>
#include <stddef.h>

// A frame to be sent: where it is, and the words of its struct virtio_net_hdr. Frames are chained by index.
struct clinux_frame {
    const void *data;
    uint32_t length;
    uint32_t next; // UINT32_MAX ends the chain
    uint16_t header[5];
    uint16_t reserved;
    uint32_t priority; // of the packet in the device's queueing discipline; frames of several are not sent together
};

// What a packet socket says beside a frame: struct virtio_net_hdr's words, and the VLAN tag that was
// stripped.
struct clinux_received {
    uint16_t header[5];
    uint16_t vlan_tci;
    uint16_t vlan_tpid;
    uint8_t has_vlan;
};

struct clinux_interface {
    uint32_t index;
    uint32_t mtu;
    uint32_t flags; // IFF_*
    uint32_t speed_megabits; // 0: unknown
    uint64_t supported, advertised, peer; // ETHTOOL_LINK_MODE_* bits 0-63
    uint8_t address[6];
    uint8_t is_full_duplex, is_autonegotiated;
    uint8_t port; // PORT_*
    uint8_t has_link_settings;
    uint16_t hardware_type; // ARPHRD_*
};

static inline uint32_t clinux_load_acquire(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void clinux_store_release(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

// Opens a non-blocking packet socket bound to the interface: promiscuous, without its own host's outgoing
// packets, with virtio headers and auxiliary data. Returns the descriptor.
int clinux_packet_open(uint32_t index, uint32_t receive_bytes, uint32_t send_bytes);
// Gives the socket a TPACKET_V2 receive ring and maps it at *ring (frame_size * frame_count bytes).
int clinux_packet_ring(int fd, uint32_t frame_size, uint32_t frame_count, uint32_t headroom, void **ring);
// Starts receiving (to be called after the ring is there, so that no packet goes to the socket's queue).
int clinux_packet_bind(int fd, uint32_t index);
// Takes one frame from the socket's own queue.
int clinux_packet_receive(int fd, void *data, size_t capacity, struct clinux_received *received);
// Packets dropped by the socket since the last call.
int clinux_packet_drops(int fd, uint32_t *drops);
// Opens a packet socket that only sends, with the sum of all its packets waiting at most send_bytes long.
int clinux_packet_open_sender(uint32_t index, uint32_t send_bytes);
// Gives what the socket sends from now on a priority (SO_PRIORITY, socket(7)).
int clinux_packet_set_priority(int fd, uint32_t priority);
// Sends up to 64 frames of the chain from head, as far as they have its priority, with virtio headers; returns how
// many, or a negated errno for the first.
int clinux_packet_send(int fd, const struct clinux_frame *frames, uint32_t head);
// The pending error of a socket, which is then cleared.
int clinux_socket_error(int fd);

// Opens (creates) a non-blocking TAP device with virtio headers. Returns the descriptor.
int clinux_tap_open(const char *name);
// Reads or writes one frame with its virtio header; works on any descriptor that keeps frame borders.
int clinux_frame_read(int fd, void *data, size_t capacity, struct clinux_received *received);
int clinux_frame_write(int fd, const struct clinux_frame *frame);

// Names the calling thread (15 bytes count).
void clinux_set_thread_name(const char *name);

// Lets the calling thread go before others of the process: by how many steps its niceness is below theirs, and how long
// it runs at a stretch (0: as the system has it), in nanoseconds. Threads that it starts do not inherit a niceness below
// 0. Returns 0, or a negated errno where the niceness is not permitted; the stretch is set all the same.
int clinux_prefer_thread(int steps, uint64_t slice_nanoseconds);

// Gives memory that the allocator holds free back to the system; takes milliseconds where there is much of it.
void clinux_trim_memory(void);

// Marks the device as taken by this process for as long as the returned descriptor is open; -EBUSY where another agent
// has marked it. Known within the network namespace only.
int clinux_device_claim(uint32_t index);
// The number of the device (bridge, bond, kernel datapath) that has this one as its port; 0 where there is none.
int clinux_interface_master(uint32_t index, uint32_t *master);

int clinux_interface_query(const char *name, struct clinux_interface *interface);
// Counters that the driver keeps beside the usual ones (ETHTOOL_GSTATS), at most `maximum`: names of 32 bytes each, padded
// with zeros, and values. Returns how many, or a negated errno.
int clinux_interface_statistics(const char *name, uint32_t maximum, char *names, uint64_t *values);
int clinux_interface_set_flags(const char *name, uint32_t set, uint32_t clear);
int clinux_interface_set_mtu(const char *name, uint32_t mtu);
int clinux_interface_set_address(const char *name, const uint8_t address[6]);

// A non-blocking rtnetlink socket in the group of link changes; and a request on it for all links there are.
int clinux_link_monitor_open(void);
int clinux_link_monitor_request(int fd, uint32_t sequence);

// Moves the calling thread into a new network namespace, or into the one that a descriptor stands for.
int clinux_network_unshare(void);
int clinux_network_enter(int fd);
