// Network interfaces by ioctl (see CLinuxPacketIO.h). Sources: netdevice(7), <linux/ethtool.h>.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include "CLinux.h"

// Runs one request on a socket of its own. Returns 0 or a negated errno.
static int request(const char *name, unsigned long code, struct ifreq *argument) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    strncpy(argument->ifr_name, name, IFNAMSIZ - 1);
    argument->ifr_name[IFNAMSIZ - 1] = 0;
    int result = ioctl(fd, code, argument) < 0 ? -errno : 0;
    close(fd);
    return result;
}

static uint64_t modes(const uint32_t *words, int count) {
    return count <= 0 ? 0 : (uint64_t)words[0] | (count > 1 ? (uint64_t)words[1] << 32 : 0);
}

// ETHTOOL_GLINKSETTINGS: asked twice, first for the length of the bitmaps.
static void query_link(const char *name, struct clinux_interface *interface) {
    // The settings end in a flexible array: the three bitmaps of up to 127 words.
    union { struct ethtool_link_settings settings; uint8_t bytes[sizeof(struct ethtool_link_settings) + 3 * 127 * 4]; } command;
    struct ifreq argument;
    memset(&command, 0, sizeof command);
    memset(&argument, 0, sizeof argument);
    command.settings.cmd = ETHTOOL_GLINKSETTINGS;
    argument.ifr_data = (void *)&command;
    if (request(name, SIOCETHTOOL, &argument) < 0) return;
    int words = -command.settings.link_mode_masks_nwords;
    if (words <= 0 || words > 127) return;
    memset(&command, 0, sizeof command);
    command.settings.cmd = ETHTOOL_GLINKSETTINGS;
    command.settings.link_mode_masks_nwords = (int8_t)words;
    if (request(name, SIOCETHTOOL, &argument) < 0) return;
    interface->has_link_settings = 1;
    interface->speed_megabits = command.settings.speed == (uint32_t)SPEED_UNKNOWN ? 0 : command.settings.speed;
    interface->is_full_duplex = command.settings.duplex == DUPLEX_FULL;
    interface->is_autonegotiated = command.settings.autoneg == AUTONEG_ENABLE;
    interface->port = command.settings.port;
    interface->supported = modes(command.settings.link_mode_masks, words);
    interface->advertised = modes(command.settings.link_mode_masks + words, words);
    interface->peer = modes(command.settings.link_mode_masks + 2 * words, words);
}

// How many counters of a driver are read at most; there is room for twice as many, since the kernel writes as many as
// there are by then.
enum { statistics_maximum = 2048 };

int clinux_interface_statistics(const char *name, uint32_t maximum, char *names, uint64_t *values) {
    // The set's length follows the structure, which ends in a flexible array.
    union { struct ethtool_sset_info info; uint8_t bytes[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)]; } set;
    struct ifreq argument;
    uint32_t count;
    int result;
    memset(&set, 0, sizeof set);
    memset(&argument, 0, sizeof argument);
    set.info.cmd = ETHTOOL_GSSET_INFO;
    set.info.sset_mask = 1ULL << ETH_SS_STATS;
    argument.ifr_data = (void *)&set;
    if ((result = request(name, SIOCETHTOOL, &argument)) < 0) return result;
    if (!set.info.sset_mask) return 0;
    memcpy(&count, set.bytes + sizeof(struct ethtool_sset_info), sizeof count);
    if (count == 0) return 0;
    if (count > statistics_maximum) return -E2BIG;
    struct ethtool_gstrings *strings = calloc(1, sizeof *strings + 2 * statistics_maximum * ETH_GSTRING_LEN);
    struct ethtool_stats *statistics = calloc(1, sizeof *statistics + 2 * statistics_maximum * sizeof(uint64_t));
    result = -ENOMEM;
    if (strings && statistics) {
        strings->cmd = ETHTOOL_GSTRINGS;
        strings->string_set = ETH_SS_STATS;
        strings->len = count;
        argument.ifr_data = (void *)strings;
        result = request(name, SIOCETHTOOL, &argument);
    }
    if (result >= 0) {
        statistics->cmd = ETHTOOL_GSTATS;
        statistics->n_stats = count;
        argument.ifr_data = (void *)statistics;
        result = request(name, SIOCETHTOOL, &argument);
    }
    if (result >= 0) {
        if (strings->len < count) count = strings->len;
        if (statistics->n_stats < count) count = statistics->n_stats;
        if (maximum < count) count = maximum;
        memcpy(names, strings->data, (size_t)count * ETH_GSTRING_LEN);
        // The counters need not be aligned to their size.
        memcpy(values, (uint8_t *)statistics + sizeof *statistics, (size_t)count * sizeof(uint64_t));
        result = (int)count;
    }
    free(strings);
    free(statistics);
    return result;
}

int clinux_interface_query(const char *name, struct clinux_interface *interface) {
    struct ifreq argument;
    int result;
    memset(interface, 0, sizeof *interface);
    memset(&argument, 0, sizeof argument);
    if ((result = request(name, SIOCGIFINDEX, &argument)) < 0) return result;
    interface->index = (uint32_t)argument.ifr_ifindex;
    if ((result = request(name, SIOCGIFHWADDR, &argument)) < 0) return result;
    memcpy(interface->address, argument.ifr_hwaddr.sa_data, 6);
    interface->hardware_type = argument.ifr_hwaddr.sa_family;
    if ((result = request(name, SIOCGIFMTU, &argument)) < 0) return result;
    interface->mtu = (uint32_t)argument.ifr_mtu;
    if ((result = request(name, SIOCGIFFLAGS, &argument)) < 0) return result;
    interface->flags = (uint16_t)argument.ifr_flags;
    query_link(name, interface);
    return 0;
}

int clinux_interface_set_flags(const char *name, uint32_t set, uint32_t clear) {
    struct ifreq argument;
    memset(&argument, 0, sizeof argument);
    int result = request(name, SIOCGIFFLAGS, &argument);
    if (result < 0) return result;
    uint16_t flags = (uint16_t)(((uint16_t)argument.ifr_flags | set) & ~clear);
    if (flags == (uint16_t)argument.ifr_flags) return 0;
    argument.ifr_flags = (short)flags;
    return request(name, SIOCSIFFLAGS, &argument);
}

int clinux_interface_set_mtu(const char *name, uint32_t mtu) {
    struct ifreq argument;
    memset(&argument, 0, sizeof argument);
    argument.ifr_mtu = (int)mtu;
    return request(name, SIOCSIFMTU, &argument);
}

int clinux_interface_set_address(const char *name, const uint8_t address[6]) {
    struct ifreq argument;
    memset(&argument, 0, sizeof argument);
    int result = request(name, SIOCGIFHWADDR, &argument);
    if (result < 0) return result;
    memcpy(argument.ifr_hwaddr.sa_data, address, 6);
    return request(name, SIOCSIFHWADDR, &argument);
}

int clinux_link_monitor_open(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    int size = 1 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int clinux_link_monitor_request(int fd, uint32_t sequence) {
    struct { struct nlmsghdr header; struct ifinfomsg body; } message;
    memset(&message, 0, sizeof message);
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = RTM_GETLINK;
    message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.header.nlmsg_seq = sequence;
    return send(fd, &message, sizeof message, 0) < 0 ? -errno : 0;
}
