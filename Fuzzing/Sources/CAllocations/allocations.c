#include "allocations.h"

#include <errno.h>
#include <stddef.h>

// glibc's own; the functions below take their public names. Fuzzing has one thread.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static uint64_t total;

void *malloc(size_t size) {
    total += size;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    total += count * size;
    return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
    total += size;
    return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    total += size;
    return __libc_memalign(alignment, size);
}
int posix_memalign(void **memory, size_t alignment, size_t size) {
    total += size;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

uint64_t allocated_bytes(void) { return total; }
