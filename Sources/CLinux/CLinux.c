// Small wrappers of calls that need _GNU_SOURCE or are variadic (see CLinuxPacketIO.h).
#define _GNU_SOURCE
#include "CLinux.h"
#include <sys/prctl.h>

void clinux_set_thread_name(const char *name) { prctl(PR_SET_NAME, name); }
