#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxTunnels.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static int is_mapped(const uint8_t address[16]) { return memcmp(address, mapped_prefix, sizeof mapped_prefix) == 0; }

static int is_zero(const uint8_t address[16]) {
    static const uint8_t zero[16];
    return memcmp(address, zero, sizeof zero) == 0 || (is_mapped(address) && memcmp(address + 12, zero, 4) == 0);
}

static int try_open(int family, uint16_t port, uint32_t receive_bytes) {
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    const int one = 1, zero = 0, size = (int)receive_bytes, fragment = IP_PMTUDISC_DONT;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    // Those of IPv4 count for mapped addresses of an IPv6 socket, too.
    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &fragment, sizeof fragment);
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    int result;
    if (family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one, sizeof one);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof one);
        setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &fragment, sizeof fragment);
        result = bind(fd, (struct sockaddr *)&any6, sizeof any6);
    } else {
        result = bind(fd, (struct sockaddr *)&any4, sizeof any4);
    }
    if (result == 0) return fd;
    result = -errno;
    close(fd);
    return result;
}

int clinux_tunnel_open(uint16_t port, uint32_t receive_bytes, int *is_ipv6) {
    int fd = try_open(AF_INET6, port, receive_bytes);
    *is_ipv6 = fd >= 0;
    if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) fd = try_open(AF_INET, port, receive_bytes);
    return fd;
}

static void set_mapped(uint8_t address[16], const void *ipv4) {
    memcpy(address, mapped_prefix, sizeof mapped_prefix);
    memcpy(address + 12, ipv4, 4);
}

int clinux_tunnel_receive(int fd, int is_ipv6, void *data, size_t capacity, struct clinux_tunnel_header *header) {
    struct sockaddr_in6 from;
    uint8_t control[256] __attribute__((aligned(8)));
    struct iovec vector = {.iov_base = data, .iov_len = capacity};
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control};
    memset(header, 0, sizeof *header);
    ssize_t length = recvmsg(fd, &message, MSG_TRUNC);
    if (length < 0) return -errno;
    if (is_ipv6) {
        memcpy(header->source, &from.sin6_addr, 16);
        header->source_port = ntohs(from.sin6_port);
    } else {
        const struct sockaddr_in *from4 = (const struct sockaddr_in *)(const void *)&from;
        set_mapped(header->source, &from4->sin_addr);
        header->source_port = ntohs(from4->sin_port);
    }
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
        const uint8_t *value = CMSG_DATA(part);
        int number = 0;
        if (part->cmsg_len >= CMSG_LEN(sizeof number)) memcpy(&number, value, sizeof number);
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, value, sizeof info);
            set_mapped(header->destination, &info.ipi_addr);
        } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TOS) {
            header->tos = value[0];
        } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TTL) {
            header->ttl = (uint8_t)number;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, value, sizeof info);
            memcpy(header->destination, &info.ipi6_addr, 16);
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_TCLASS) {
            header->tos = (uint8_t)number;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT) {
            header->ttl = (uint8_t)number;
        }
    }
    return (int)length;
}

static void add(struct msghdr *message, int level, int type, const void *value, size_t length) {
    struct cmsghdr *part = (struct cmsghdr *)((uint8_t *)message->msg_control + message->msg_controllen);
    part->cmsg_level = level;
    part->cmsg_type = type;
    part->cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(part), value, length);
    message->msg_controllen += CMSG_SPACE(length);
}

int clinux_tunnel_send(
    int fd, int is_ipv6, const void *first, size_t first_length, const void *second, size_t second_length,
    const struct clinux_tunnel_header *header) {
    const int is_ipv4 = is_mapped(header->destination);
    if (!is_ipv4 && !is_ipv6) return -EAFNOSUPPORT;
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(header->destination_port)};
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(header->destination_port)};
    memcpy(&to6.sin6_addr, header->destination, 16);
    memcpy(&to4.sin_addr, header->destination + 12, 4);
    uint8_t control[256] __attribute__((aligned(8)));
    memset(control, 0, sizeof control);
    struct iovec vectors[2] = {
        {.iov_base = (void *)first, .iov_len = first_length}, {.iov_base = (void *)second, .iov_len = second_length}};
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2, .msg_control = control, .msg_controllen = 0};
    message.msg_name = is_ipv6 ? (void *)&to6 : (void *)&to4;
    message.msg_namelen = is_ipv6 ? sizeof to6 : sizeof to4;
    const int tos = header->tos, ttl = header->ttl;
    if (is_ipv4) {
        if (!is_zero(header->source)) {
            struct in_pktinfo info = {0};
            memcpy(&info.ipi_spec_dst, header->source + 12, 4);
            add(&message, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
        }
        add(&message, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
        if (ttl != 0) add(&message, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    } else {
        if (!is_zero(header->source)) {
            struct in6_pktinfo info = {0};
            memcpy(&info.ipi6_addr, header->source, 16);
            add(&message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
        }
        add(&message, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
        if (ttl != 0) add(&message, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
    }
    ssize_t sent = sendmsg(fd, &message, 0);
    return sent < 0 ? -errno : (int)sent;
}
