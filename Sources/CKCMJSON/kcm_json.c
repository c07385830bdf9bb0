#define _GNU_SOURCE
#include "kcm_json.h"

#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that the parse on this thread may still take. Other users of jansson in the process are not held to any. */
static _Thread_local size_t remaining = SIZE_MAX;
static _Thread_local int is_exhausted;

static void *take(size_t size) {
    if (remaining != SIZE_MAX && size > remaining) {
        is_exhausted = 1;
        return NULL;
    }
    void *block = malloc(size);
    if (block != NULL && remaining != SIZE_MAX) {
        const size_t usable = malloc_usable_size(block);
        remaining = usable < remaining ? remaining - usable : 0;
    }
    return block;
}

static void give(void *block) {
    if (block == NULL) return;
    const size_t usable = malloc_usable_size(block);
    explicit_bzero(block, usable);
    free(block);
    if (remaining != SIZE_MAX) remaining += usable;
}

static void install(void) { json_set_alloc_funcs(take, give); }

json_t *kcm_json_load(const char *text, size_t length, size_t budget, json_error_t *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    remaining = budget;
    is_exhausted = 0;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, error);
    remaining = SIZE_MAX;
    /* jansson says nothing where it runs out in the middle of an array; json_error_code reads this place. */
    if (value == NULL && is_exhausted) error->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_out_of_memory;
    return value;
}
