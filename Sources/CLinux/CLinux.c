// Small wrappers of calls that need _GNU_SOURCE or are variadic (see CLinuxPacketIO.h).
#define _GNU_SOURCE
#include <malloc.h>
#include "CLinux.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

void clinux_set_thread_name(const char *name) { prctl(PR_SET_NAME, name); }

// The first version of struct sched_attr (linux/sched/types.h, which does not go together with sched.h).
struct clinux_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

int clinux_prefer_thread(int steps, uint64_t slice_nanoseconds) {
    errno = 0;
    int before = getpriority(PRIO_PROCESS, 0);
    if (errno != 0) before = 0;
    int niceness = before - steps < -20 ? -20 : before - steps;
    // For ordinary threads `runtime` is the slice, since Linux 6.12; earlier kernels pass over it. Flag 1:
    // SCHED_FLAG_RESET_ON_FORK.
    struct clinux_sched_attr attributes = {
        .size = sizeof attributes, .policy = SCHED_OTHER, .flags = 1, .nice = niceness, .runtime = slice_nanoseconds };
    if (syscall(SYS_sched_setattr, 0, &attributes, 0) == 0) return 0;
    int error = -errno;
    attributes.nice = before;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
    return error;
}

void clinux_trim_memory(void) { malloc_trim(0); }

int clinux_network_unshare(void) { return unshare(CLONE_NEWNET) < 0 ? -errno : 0; }

int clinux_network_enter(int fd) { return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0; }
