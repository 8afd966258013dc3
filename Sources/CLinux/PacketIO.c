// Packet sockets and TAP devices (see CLinuxPacketIO.h). Sources: packet(7),
// Documentation/networking/packet_mmap.rst, Documentation/networking/tuntap.rst, <linux/virtio_net.h>.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/uio.h>

static int set_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

int clinux_packet_open(uint32_t index, uint32_t receive_bytes, uint32_t send_bytes) {
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    struct packet_mreq promiscuous = { .mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC };
    if (set_option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) < 0
        || set_option(fd, SOL_PACKET, PACKET_VNET_HDR, 1) < 0
        || set_option(fd, SOL_PACKET, PACKET_AUXDATA, 1) < 0
        || set_option(fd, SOL_PACKET, PACKET_COPY_THRESH, 1) < 0
        || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    // Larger buffers are a wish: without CAP_NET_ADMIN the system's maximum holds.
    if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)receive_bytes) < 0)
        set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)receive_bytes);
    if (set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, (int)send_bytes) < 0)
        set_option(fd, SOL_SOCKET, SO_SNDBUF, (int)send_bytes);
    return fd;
}

int clinux_packet_ring(int fd, uint32_t frame_size, uint32_t frame_count, uint32_t headroom, void **ring) {
    uint32_t block_size = 1u << 16;
    struct tpacket_req request = {
        .tp_block_size = block_size,
        .tp_block_nr = frame_size * frame_count / block_size,
        .tp_frame_size = frame_size,
        .tp_frame_nr = frame_count,
    };
    if (set_option(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2) < 0) return -errno;
    if (set_option(fd, SOL_PACKET, PACKET_RESERVE, (int)headroom) < 0) return -errno;
    if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0) return -errno;
    void *map = mmap(NULL, (size_t)frame_size * frame_count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) return -errno;
    *ring = map;
    return 0;
}

int clinux_packet_bind(int fd, uint32_t index) {
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index
    };
    return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

int clinux_packet_receive(int fd, void *data, size_t capacity, struct clinux_received *received) {
    union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))]; } control;
    struct iovec vectors[2] = {
        { .iov_base = received->header, .iov_len = sizeof received->header },
        { .iov_base = data, .iov_len = capacity },
    };
    struct msghdr message = {
        .msg_iov = vectors, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t length;
    do length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC); while (length < 0 && errno == EINTR);
    if (length < 0) return -errno;
    received->has_vlan = 0;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_PACKET || item->cmsg_type != PACKET_AUXDATA) continue;
        struct tpacket_auxdata auxiliary;
        memcpy(&auxiliary, CMSG_DATA(item), sizeof auxiliary);
        if (auxiliary.tp_status & TP_STATUS_VLAN_VALID) {
            received->has_vlan = 1;
            received->vlan_tci = auxiliary.tp_vlan_tci;
            received->vlan_tpid
                = auxiliary.tp_status & TP_STATUS_VLAN_TPID_VALID ? auxiliary.tp_vlan_tpid : ETH_P_8021Q;
        }
    }
    if (length < (ssize_t)sizeof received->header) return -EBADMSG;
    length -= (ssize_t)sizeof received->header;
    return (size_t)length > capacity ? -EMSGSIZE : (int)length;
}

int clinux_packet_drops(int fd, uint32_t *drops) {
    struct tpacket_stats statistics = { 0, 0 };
    socklen_t size = sizeof statistics;
    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) < 0) return -errno;
    *drops = statistics.tp_drops;
    return 0;
}

int clinux_packet_open_sender(uint32_t index, uint32_t send_bytes) {
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    // Bound to no protocol, it receives nothing.
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)index };
    if (set_option(fd, SOL_PACKET, PACKET_VNET_HDR, 1) < 0
        || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    if (set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, (int)send_bytes) < 0)
        set_option(fd, SOL_SOCKET, SO_SNDBUF, (int)send_bytes);
    return fd;
}

int clinux_packet_set_priority(int fd, uint32_t priority) {
    return set_option(fd, SOL_SOCKET, SO_PRIORITY, (int)priority) < 0 ? -errno : 0;
}

int clinux_packet_send(int fd, const struct clinux_frame *frames, uint32_t head) {
    struct mmsghdr messages[64];
    struct iovec vectors[64][2];
    unsigned count = 0;
    for (uint32_t index = head; index != UINT32_MAX && count < 64; index = frames[index].next) {
        const struct clinux_frame *frame = &frames[index];
        if (frame->priority != frames[head].priority) break;
        vectors[count][0] = (struct iovec){ .iov_base = (void *)frame->header, .iov_len = sizeof frame->header };
        vectors[count][1] = (struct iovec){ .iov_base = (void *)frame->data, .iov_len = frame->length };
        memset(&messages[count], 0, sizeof messages[count]);
        messages[count].msg_hdr.msg_iov = vectors[count];
        messages[count].msg_hdr.msg_iovlen = 2;
        count++;
    }
    int sent;
    do sent = sendmmsg(fd, messages, count, MSG_DONTWAIT); while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int clinux_socket_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}

int clinux_tap_open(const char *name) {
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -errno;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    int header = 10;
    if (ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNSETVNETHDRSZ, &header) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    // The host may leave checksums and segmentation to us, since every port passes that on. Without it: more,
    // smaller frames.
    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
    return fd;
}

int clinux_frame_read(int fd, void *data, size_t capacity, struct clinux_received *received) {
    struct iovec vectors[2] = {
        { .iov_base = received->header, .iov_len = sizeof received->header },
        { .iov_base = data, .iov_len = capacity },
    };
    received->has_vlan = 0;
    ssize_t length;
    do length = readv(fd, vectors, 2); while (length < 0 && errno == EINTR);
    if (length < 0) return -errno;
    if (length == 0) return -EPIPE;
    if (length < (ssize_t)sizeof received->header) return -EBADMSG;
    return (int)(length - (ssize_t)sizeof received->header);
}

int clinux_frame_write(int fd, const struct clinux_frame *frame) {
    struct iovec vectors[2] = {
        { .iov_base = (void *)frame->header, .iov_len = sizeof frame->header },
        { .iov_base = (void *)frame->data, .iov_len = frame->length },
    };
    ssize_t length;
    do length = writev(fd, vectors, 2); while (length < 0 && errno == EINTR);
    return length < 0 ? -errno : 0;
}
