// How much memory was asked for, so that fuzzing finds messages that take far more than they have bytes.
#pragma once
#include <stdint.h>

/// Bytes that malloc, calloc, realloc and their kin were asked for since the process began, whatever was freed since.
uint64_t allocated_bytes(void);
