#define _GNU_SOURCE
#include "baseline.h"

#include <stdatomic.h>
#include <time.h>

// glibc's own; the functions below take their public names.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic uint64_t allocations;

static void counted(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

void *malloc(size_t size) {
    counted();
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    counted();
    return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
    counted();
    return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    counted();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void **memory, size_t alignment, size_t size) {
    counted();
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : 12;
}

uint64_t baseline_allocations(void) { return atomic_load_explicit(&allocations, memory_order_relaxed); }

uint64_t baseline_cpu_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
