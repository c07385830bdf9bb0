/*
 * memory: a store that touches no disk. A skip list behind a readers-writer lock; what is stored is gone when the daemon stops.
 * For tests and demonstrations.
 */
#include "common.h"
#include "skiplist.h"

#include <pthread.h>
#include <stdlib.h>

#define MAXIMUM_KEY 1024
#define MAXIMUM_VALUE (16u << 20)
#define MAXIMUM_BATCH 4096
#define MAXIMUM_FULL_KEY (COMMON_MAXIMUM_PREFIX + MAXIMUM_KEY)

typedef struct store {
    pthread_rwlock_t lock;
    skip_list list; /* keys: namespace prefix, key; values: allocations of their own */
    uint64_t bytes;
} store;

static size_t full_key(kcm_bytes name_space, kcm_bytes key, uint8_t full[MAXIMUM_FULL_KEY])
{
    size_t prefix = common_namespace_prefix(name_space, full);
    common_copy(full + prefix, key.data, key.size);
    return prefix + key.size;
}

static void free_node(skip_node *node)
{
    if (node != NULL) {
        uint8_t *value = (uint8_t *)node->value;
        if (value != NULL) {
            explicit_bzero(value, node->value_size);
        }
        free(value);
        free(node);
    }
}

/* ---- Opening ---- */

static int32_t memory_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    (void)host;
    int32_t code = common_settings(settings, count, NULL, 0, error);
    if (code != KCM_OK) {
        return code;
    }
    store *self = calloc(1, sizeof *self);
    if (self == NULL || !skip_init(&self->list)) {
        free(self);
        return common_fail(error, KCM_FAILED, "out of memory");
    }
    pthread_rwlock_init(&self->lock, NULL);
    *out = self;
    return KCM_OK;
}

static void memory_close(void *opaque)
{
    store *self = opaque;
    for (skip_node *node = self->list.head->next[0], *next; node != NULL; node = next) {
        next = node->next[0];
        free_node(node);
    }
    free(self->list.head);
    pthread_rwlock_destroy(&self->lock);
    free(self);
}

static void memory_limits(void *opaque, kcm_store_limits *limits)
{
    (void)opaque;
    limits->maximum_batch = MAXIMUM_BATCH;
    limits->maximum_key = MAXIMUM_KEY;
    limits->maximum_value = MAXIMUM_VALUE;
}

/* ---- Reading ---- */

static int32_t memory_get(void *opaque, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    if (name_space.size > COMMON_MAXIMUM_NAMESPACE || key.size > MAXIMUM_KEY) {
        return KCM_NOT_FOUND;
    }
    uint8_t full[MAXIMUM_FULL_KEY];
    size_t size = full_key(name_space, key, full);
    pthread_rwlock_rdlock(&self->lock);
    const skip_node *node = skip_find(&self->list, full, size);
    if (node != NULL) {
        sink(context, (kcm_bytes){node->value, node->value_size}, node->revision);
    }
    pthread_rwlock_unlock(&self->lock);
    return node != NULL ? KCM_OK : KCM_NOT_FOUND;
}

static int32_t memory_scan(void *opaque, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit,
                           kcm_entry_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    if (name_space.size > COMMON_MAXIMUM_NAMESPACE || prefix.size > MAXIMUM_KEY || (after != NULL && after->size > MAXIMUM_KEY)) {
        return KCM_OK;
    }
    uint8_t full[MAXIMUM_FULL_KEY];
    kcm_bytes start;
    int without_start = common_scan_start(prefix, after, &start);
    size_t size = full_key(name_space, start, full), tenant = size - start.size;
    pthread_rwlock_rdlock(&self->lock);
    const skip_node *node = skip_seek(&self->list, full, size);
    if (node != NULL && without_start && common_compare(node->key, node->key_size, full, size) == 0) {
        node = node->next[0];
    }
    for (; node != NULL && limit > 0; node = node->next[0], limit--) {
        if (node->key_size < tenant || memcmp(node->key, full, tenant) != 0) {
            break;
        }
        kcm_bytes key = {node->key + tenant, node->key_size - tenant};
        if (!common_starts_with(key.data, key.size, prefix) ||
            sink(context, key, (kcm_bytes){node->value, node->value_size}, node->revision) != 0) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->lock);
    return KCM_OK;
}

static int32_t memory_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->lock);
    for (const skip_node *node = skip_next_namespace(&self->list, NULL); node != NULL; node = skip_next_namespace(&self->list, node)) {
        uint8_t name[COMMON_MAXIMUM_NAMESPACE];
        size_t size;
        (void)common_namespace_of(node->key, node->key_size, name, &size);
        if (sink(context, (kcm_bytes){name, size}) != 0) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->lock);
    return KCM_OK;
}

static int32_t memory_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->lock);
    statistics->namespaces = skip_namespaces(&self->list);
    statistics->entries = self->list.count;
    statistics->bytes = self->bytes;
    pthread_rwlock_unlock(&self->lock);
    return KCM_OK;
}

static int32_t memory_health(void *opaque, kcm_error *error)
{
    (void)opaque, (void)error;
    return KCM_OK;
}

/* ---- Writing; the lock is held ---- */

/* One write, prepared: everything that can fail has happened before the first change. */
typedef struct step {
    skip_node *made;   /* for a put */
    skip_node *before; /* what stands under the key now */
} step;

static skip_node *make(store *self, const uint8_t *full, size_t size, const kcm_write *write)
{
    skip_node *node = skip_make(&self->list, full, size, NULL, 0);
    uint8_t *value = malloc(write->value.size > 0 ? write->value.size : 1);
    if (node == NULL || value == NULL) {
        free(node);
        free(value);
        return NULL;
    }
    common_copy(value, write->value.data, write->value.size);
    node->value = value;
    node->value_size = write->value.size;
    return node;
}

static int32_t prepare(store *self, const kcm_batch *batch, step *steps)
{
    for (uint32_t i = 0; i < batch->write_count; i++) {
        const kcm_write *write = &batch->writes[i];
        int32_t code = common_check_write(write, MAXIMUM_KEY, MAXIMUM_VALUE);
        if (code != KCM_OK) {
            return code;
        }
        uint8_t full[MAXIMUM_FULL_KEY];
        size_t size = full_key(batch->name_space, write->key, full);
        steps[i].before = skip_find(&self->list, full, size);
        uint64_t revision = steps[i].before != NULL ? steps[i].before->revision : 0;
        if (!common_expectation_holds(write, revision)) {
            return KCM_CONFLICT;
        }
        if (write->operation != KCM_REMOVE) {
            steps[i].made = make(self, full, size, write);
            if (steps[i].made == NULL) {
                return KCM_FAILED;
            }
            steps[i].made->revision = common_next_revision(write, revision);
        }
    }
    return KCM_OK;
}

static int32_t apply(store *self, const kcm_batch *batch)
{
    if (batch->write_count > MAXIMUM_BATCH || batch->name_space.size > COMMON_MAXIMUM_NAMESPACE) {
        return KCM_TOO_LARGE;
    }
    step *steps = calloc(batch->write_count > 0 ? batch->write_count : 1, sizeof *steps);
    if (steps == NULL) {
        return KCM_FAILED;
    }
    int32_t code = prepare(self, batch, steps);
    for (uint32_t i = 0; i < batch->write_count; i++) {
        skip_node *made = steps[i].made, *before = steps[i].before;
        if (code != KCM_OK) {
            free_node(made);
            continue;
        }
        if (before != NULL) {
            self->bytes -= before->key_size + before->value_size;
            skip_remove(&self->list, before);
            free_node(before);
        }
        if (made != NULL) {
            self->bytes += made->key_size + made->value_size;
            skip_insert(&self->list, made);
        }
    }
    free(steps);
    return code;
}

static int32_t memory_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_wrlock(&self->lock);
    for (uint32_t i = 0; i < count; i++) {
        batches[i].result = apply(self, &batches[i]);
    }
    pthread_rwlock_unlock(&self->lock);
    return KCM_OK;
}

static const kcm_store_functions functions = {
    .struct_size = sizeof functions,
    .open = memory_open,
    .close = memory_close,
    .limits = memory_limits,
    .get = memory_get,
    .commit = memory_commit,
    .scan = memory_scan,
    .namespaces = memory_namespaces,
    .statistics = memory_statistics,
    .health = memory_health,
};

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_PARALLEL,
    .capabilities = KCM_CAP_STORE | KCM_CAP_NONBLOCKING_READS,
    .name = "memory",
    .version = "1.0.0",
    .vendor = "OpenKCM",
    .description = "Keeps records in memory; they are gone when the daemon stops",
    .store = &functions,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
    return &descriptor;
}
