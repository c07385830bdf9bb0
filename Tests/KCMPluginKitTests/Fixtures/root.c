/*
 * A root of trust that keeps to the contract, unless FAULT says otherwise. It hides keys from nobody: what it does to them only has to
 * be undone, and a change of it to be seen.
 */
#include <kcm/kcm_plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FAULT
#define FAULT 0
#endif
enum { NONE, HEADER, LONGER, ANY_SIZE, INSTANCE, PLAIN, RACE, SINK_ON_FAILURE, BIG_BLOB, TEXT_KEY };
#define IS(fault) (FAULT == (fault))

typedef struct root {
    uint8_t pad[8];
    uint8_t scratch[128];
} root;

/* version (1), size (1), key under a pad, checksum (8) */
#define OVERHEAD 10

static uint64_t checksum(const uint8_t *bytes, uint64_t size)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (uint64_t i = IS(HEADER) ? 1 : 0; i < size; i++) {
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

static int32_t root_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    (void)host;
    if (count > 0) {
        snprintf(error->text, sizeof error->text, "setting '%.100s' is not known; there are none", settings[0].key);
        return KCM_INVALID;
    }
    static uint8_t instances;
    root *self = calloc(1, sizeof *self);
    for (size_t i = 0; i < sizeof self->pad; i++) {
        self->pad[i] = (uint8_t)(0x5A + 37 * i + (IS(INSTANCE) ? instances : 0));
    }
    instances++;
    *out = self;
    return KCM_OK;
}

static void root_close(void *opaque)
{
    free(opaque);
}

static int32_t root_wrap(void *opaque, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    root *self = opaque;
    if ((key.size < 16 || key.size > 64) && !(IS(ANY_SIZE) && key.size < 100)) {
        if (IS(TEXT_KEY)) {
            snprintf(error->text, sizeof error->text, "cannot wrap %.*s", (int)(key.size < 100 ? key.size : 100), (const char *)key.data);
        } else {
            snprintf(error->text, sizeof error->text, "a key has 16 to 64 bytes");
        }
        return KCM_INVALID;
    }
    uint8_t own[1200] = {0}, *blob = IS(RACE) ? self->scratch : own;
    blob[0] = 1;
    blob[1] = (uint8_t)key.size;
    for (uint64_t i = 0; i < key.size; i++) {
        blob[2 + i] = IS(PLAIN) ? key.data[i] : (uint8_t)(key.data[i] ^ self->pad[i % 8] ^ (i * 31 + 7));
    }
    if (IS(RACE)) {
        usleep(50);
    }
    uint64_t sum = checksum(blob, key.size + 2);
    memcpy(blob + 2 + key.size, &sum, sizeof sum);
    sink(context, (kcm_bytes){blob, IS(BIG_BLOB) ? 1100 : key.size + OVERHEAD}, 1);
    return KCM_OK;
}

static int32_t root_unwrap(void *opaque, kcm_bytes blob, kcm_value_sink sink, void *context, kcm_error *error)
{
    root *self = opaque;
    uint64_t size = blob.size > OVERHEAD ? blob.data[1] : 0, sum = 0;
    int fits = size >= 16 && size <= 99 && (blob.size == size + OVERHEAD || ((IS(LONGER) || IS(BIG_BLOB)) && blob.size > size + OVERHEAD));
    if (fits) {
        memcpy(&sum, blob.data + 2 + size, sizeof sum);
    }
    if (!fits || (!IS(HEADER) && blob.data[0] != 1) || sum != checksum(blob.data, size + 2)) {
        snprintf(error->text, sizeof error->text, "the blob was changed, or is another root key's");
        if (IS(SINK_ON_FAILURE)) {
            sink(context, (kcm_bytes){self->pad, sizeof self->pad}, 1);
        }
        return KCM_CORRUPT;
    }
    uint8_t key[100];
    for (uint64_t i = 0; i < size; i++) {
        key[i] = IS(PLAIN) ? blob.data[2 + i] : (uint8_t)(blob.data[2 + i] ^ self->pad[i % 8] ^ (i * 31 + 7));
    }
    sink(context, (kcm_bytes){key, size}, 1);
    return KCM_OK;
}

static int32_t root_health(void *opaque, kcm_error *error)
{
    (void)opaque, (void)error;
    return KCM_OK;
}

static const kcm_root_functions functions = {
    .struct_size = sizeof functions,
    .open = root_open,
    .close = root_close,
    .wrap = root_wrap,
    .unwrap = root_unwrap,
    .health = root_health,
};

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_PARALLEL,
    .capabilities = KCM_CAP_ROOT,
    .name = "kit-root",
    .version = "0.1",
    .vendor = "Tests",
    .description = "A root of trust with one fault",
    .root = &functions,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
    return &descriptor;
}
