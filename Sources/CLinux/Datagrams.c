#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxDatagrams.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int clinux_receive_datagrams(int descriptor, void *base, size_t stride, unsigned count, uint32_t *lengths, int flags) {
    struct mmsghdr messages[CLINUX_DATAGRAMS_MAXIMUM];
    struct iovec vectors[CLINUX_DATAGRAMS_MAXIMUM];
    if (count > CLINUX_DATAGRAMS_MAXIMUM) count = CLINUX_DATAGRAMS_MAXIMUM;
    memset(messages, 0, count * sizeof messages[0]);
    for (unsigned index = 0; index < count; index++) {
        vectors[index].iov_base = (char *)base + index * stride;
        vectors[index].iov_len = stride;
        messages[index].msg_hdr.msg_iov = &vectors[index];
        messages[index].msg_hdr.msg_iovlen = 1;
    }
    int received = recvmmsg(descriptor, messages, count, flags | MSG_TRUNC | MSG_WAITFORONE, NULL);
    if (received < 0) return -errno;
    for (int index = 0; index < received; index++) lengths[index] = messages[index].msg_len;
    return received;
}
