// Puts a counter in front of glibc's allocator for the whole test process. The definitions here win over
// libc's, and call it under its own names. Sanitizers bring an allocator of their own: with them nothing is counted.

#include "CAllocationCount.h"

#include <errno.h>
#include <stddef.h>

#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)

bool allocations_are_counted(void) { return false; }

uint64_t allocation_count(void) { return 0; }

#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// initial-exec: the default model may allocate on first use, from inside malloc.
static __thread uint64_t count __attribute__((tls_model("initial-exec")));

bool allocations_are_counted(void) { return true; }

uint64_t allocation_count(void) { return count; }

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
    count++;
    return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **pointer, size_t alignment, size_t size) {
    void *memory = memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *pointer = memory;
    return 0;
}

#endif
