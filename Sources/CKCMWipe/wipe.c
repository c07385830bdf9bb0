/* Key bytes that cross the wire pass through buffers of TLS, HTTP and the message, which other libraries own and free. To wipe them one by
 * one is to forget one; so the executable's own free and realloc, which the dynamic linker finds before those of the C library, wipe
 * whatever the process gives back. */
#define _GNU_SOURCE
#include "kcm_wipe.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)

int kcm_free_is_wiping(void)
{
    return 0;
}

#else

/* The C library's own, under the name it exports for those who stand before it. */
extern void __libc_free(void *block);

void free(void *block)
{
    if (block == NULL) {
        return;
    }
    explicit_bzero(block, malloc_usable_size(block));
    __libc_free(block);
}

/* The C library's would leave the old block behind as it is. */
void *realloc(void *block, size_t size)
{
    if (block == NULL) {
        return malloc(size);
    }
    if (size == 0) {
        free(block);
        return NULL;
    }
    size_t held = malloc_usable_size(block);
    if (size <= held && size >= held / 2) {
        return block;
    }
    void *moved = malloc(size);
    if (moved == NULL) {
        return NULL;
    }
    memcpy(moved, block, size < held ? size : held);
    free(block);
    return moved;
}

int kcm_free_is_wiping(void)
{
    return dlsym(RTLD_DEFAULT, "free") == (void *)free && dlsym(RTLD_DEFAULT, "realloc") == (void *)realloc;
}

#endif
