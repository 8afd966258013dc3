// Who has a network device (see CLinuxPacketIO.h). Sources: unix(7) abstract addresses, rtnetlink(7) IFLA_MASTER.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"
#include <stdio.h>
#include <sys/un.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

int clinux_device_claim(uint32_t index) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    // An abstract name lives in the network namespace of the device and goes with the descriptor.
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "sluice/device/%u", index);
    if (bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0) {
        int error = errno == EADDRINUSE ? EBUSY : errno;
        close(fd);
        return -error;
    }
    return fd;
}

int clinux_interface_master(uint32_t index, uint32_t *master) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    struct { struct nlmsghdr header; struct ifinfomsg link; } request = {
        .header = { .nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST },
        .link = { .ifi_index = (int)index },
    };
    union { struct nlmsghdr header; uint8_t bytes[32768]; } reply;
    *master = 0;
    int result = 0;
    ssize_t count = send(fd, &request, sizeof request, 0) < 0 ? -1 : recv(fd, &reply, sizeof reply, 0);
    if (count < (ssize_t)sizeof reply.header) {
        result = count < 0 ? -errno : -EBADMSG;
    } else if (reply.header.nlmsg_type == NLMSG_ERROR && reply.header.nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
        result = ((struct nlmsgerr *)NLMSG_DATA(&reply.header))->error;
    } else if (reply.header.nlmsg_type == RTM_NEWLINK && reply.header.nlmsg_len <= (size_t)count
               && reply.header.nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg))) {
        int left = (int)IFLA_PAYLOAD(&reply.header);
        for (struct rtattr *item = IFLA_RTA(NLMSG_DATA(&reply.header)); RTA_OK(item, left); item = RTA_NEXT(item, left))
            if (item->rta_type == IFLA_MASTER && RTA_PAYLOAD(item) >= 4) memcpy(master, RTA_DATA(item), 4);
    }
    close(fd);
    return result;
}
