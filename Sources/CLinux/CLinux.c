// Holds the wrappers that need _GNU_SOURCE at definition (see CLinux.h).
#include "CLinux.h"
