// Small wrappers of calls that need _GNU_SOURCE or are variadic (see CLinuxPacketIO.h).
#define _GNU_SOURCE
#include <malloc.h>
#include "CLinux.h"
#include <sys/prctl.h>

void clinux_set_thread_name(const char *name) { prctl(PR_SET_NAME, name); }

void clinux_trim_memory(void) { malloc_trim(0); }

int clinux_network_unshare(void) { return unshare(CLONE_NEWNET) < 0 ? -errno : 0; }

int clinux_network_enter(int fd) { return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0; }
