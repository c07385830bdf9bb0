/*
 * memory: a store that touches no disk. A skip list behind a readers-writer lock; what is stored is gone when the daemon stops.
 * For tests and demonstrations.
 */
#include <kcm/kcm_plugin.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAXIMUM_KEY 1024
#define MAXIMUM_VALUE (4u << 20)
#define MAXIMUM_BATCH 4096
#define MAXIMUM_LEVEL 24

/* A node of a skip list, ordered by namespace, then key. The full key is: 2 bytes of namespace length, namespace, key. */
typedef struct node {
    uint8_t *key;
    size_t key_size;
    uint8_t *value;
    size_t value_size;
    uint64_t revision;
    int level;
    struct node *next[];
} node;

typedef struct store {
    pthread_rwlock_t lock;
    node *head;
    uint64_t entries;
    uint64_t bytes;
    uint64_t random;
} store;

static void wipe(void *memory, size_t size)
{
    volatile uint8_t *bytes = memory;
    while (size--) {
        *bytes++ = 0;
    }
}

static int fail(kcm_error *error, int code, const char *text)
{
    snprintf(error->text, sizeof error->text, "%s", text);
    return code;
}

/* ---- Keys ---- */

static uint8_t *full_key(kcm_bytes name_space, kcm_bytes key, size_t *size)
{
    *size = 2 + name_space.size + key.size;
    uint8_t *full = malloc(*size);
    if (full != NULL) {
        full[0] = (uint8_t)(name_space.size >> 8);
        full[1] = (uint8_t)name_space.size;
        if (name_space.size > 0) {
            memcpy(full + 2, name_space.data, name_space.size);
        }
        if (key.size > 0) {
            memcpy(full + 2 + name_space.size, key.data, key.size);
        }
    }
    return full;
}

static size_t namespace_size(const node *entry)
{
    return (size_t)entry->key[0] << 8 | entry->key[1];
}

static int compare(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

/* ---- Skip list; the caller holds the lock ---- */

static node *make_node(int level)
{
    node *made = calloc(1, sizeof(node) + (size_t)level * sizeof(node *));
    if (made != NULL) {
        made->level = level;
    }
    return made;
}

static void free_node(node *entry)
{
    if (entry->value != NULL) {
        wipe(entry->value, entry->value_size);
    }
    free(entry->value);
    free(entry->key);
    free(entry);
}

/* The first entry whose key is not below `key`; path receives the entries before it on each level. */
static node *seek(store *self, const uint8_t *key, size_t size, node **path)
{
    node *at = self->head;
    for (int level = MAXIMUM_LEVEL - 1; level >= 0; level--) {
        while (at->next[level] != NULL && compare(at->next[level]->key, at->next[level]->key_size, key, size) < 0) {
            at = at->next[level];
        }
        if (path != NULL) {
            path[level] = at;
        }
    }
    return at->next[0];
}

static node *find(store *self, const uint8_t *key, size_t size)
{
    node *entry = seek(self, key, size, NULL);
    return entry != NULL && compare(entry->key, entry->key_size, key, size) == 0 ? entry : NULL;
}

static int random_level(store *self)
{
    self->random = self->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t bits = self->random >> 33;
    int level = 1;
    while (level < MAXIMUM_LEVEL && (bits & 3) == 0) {
        level++;
        bits >>= 2;
    }
    return level;
}

static void insert(store *self, node *entry)
{
    node *path[MAXIMUM_LEVEL];
    seek(self, entry->key, entry->key_size, path);
    for (int level = 0; level < entry->level; level++) {
        entry->next[level] = path[level]->next[level];
        path[level]->next[level] = entry;
    }
    self->entries++;
    self->bytes += entry->key_size + entry->value_size;
}

static void take_out(store *self, node *entry)
{
    node *path[MAXIMUM_LEVEL];
    seek(self, entry->key, entry->key_size, path);
    for (int level = 0; level < entry->level; level++) {
        path[level]->next[level] = entry->next[level];
    }
    self->entries--;
    self->bytes -= entry->key_size + entry->value_size;
}

/* ---- Functions of the contract ---- */

static int32_t memory_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    (void)host;
    if (count > 0) {
        snprintf(error->text, sizeof error->text, "setting '%s' is not known; the memory store has none", settings[0].key);
        return KCM_INVALID;
    }
    store *self = calloc(1, sizeof *self);
    if (self == NULL || (self->head = make_node(MAXIMUM_LEVEL)) == NULL) {
        free(self);
        return fail(error, KCM_FAILED, "out of memory");
    }
    pthread_rwlock_init(&self->lock, NULL);
    self->random = UINT64_C(0x9E3779B97F4A7C15);
    *out = self;
    return KCM_OK;
}

static void memory_close(void *opaque)
{
    store *self = opaque;
    node *entry = self->head->next[0];
    while (entry != NULL) {
        node *next = entry->next[0];
        free_node(entry);
        entry = next;
    }
    free(self->head);
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

static int32_t memory_get(void *opaque, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    size_t size;
    uint8_t *full = full_key(name_space, key, &size);
    if (full == NULL) {
        return fail(error, KCM_FAILED, "out of memory");
    }
    pthread_rwlock_rdlock(&self->lock);
    node *entry = find(self, full, size);
    if (entry != NULL) {
        sink(context, (kcm_bytes){entry->value, entry->value_size}, entry->revision);
    }
    pthread_rwlock_unlock(&self->lock);
    free(full);
    return entry != NULL ? KCM_OK : KCM_NOT_FOUND;
}

/* One write, prepared: everything that can fail has happened before the first change. */
typedef struct prepared {
    node *made;   /* for a put */
    node *before; /* what stands under the key now */
} prepared;

static int is_valid(const kcm_write *write)
{
    if (write->expectation > KCM_EXPECT_REVISION) {
        return 0;
    }
    return write->operation == KCM_PUT || write->operation == KCM_REMOVE ||
           (write->operation == KCM_RESTORE && write->expectation == KCM_EXPECT_ABSENT && write->revision != 0 && write->revision <= INT64_MAX);
}

static int32_t prepare(store *self, const kcm_batch *batch, prepared *steps)
{
    if (batch->write_count > MAXIMUM_BATCH || batch->name_space.size > 0xFFFF) {
        return KCM_TOO_LARGE;
    }
    for (uint32_t i = 0; i < batch->write_count; i++) {
        const kcm_write *write = &batch->writes[i];
        if (write->key.size > MAXIMUM_KEY || (write->operation != KCM_REMOVE && write->value.size > MAXIMUM_VALUE)) {
            return KCM_TOO_LARGE;
        }
        if (!is_valid(write)) {
            return KCM_INVALID;
        }
        size_t size;
        uint8_t *full = full_key(batch->name_space, write->key, &size);
        if (full == NULL) {
            return KCM_FAILED;
        }
        steps[i].before = find(self, full, size);
        uint64_t revision = steps[i].before != NULL ? steps[i].before->revision : 0;
        if ((write->expectation == KCM_EXPECT_ABSENT && revision != 0) ||
            (write->expectation == KCM_EXPECT_REVISION && (revision == 0 || revision != write->revision))) {
            free(full);
            return KCM_CONFLICT;
        }
        if (write->operation == KCM_REMOVE) {
            free(full);
            continue;
        }
        node *made = make_node(random_level(self));
        uint8_t *value = malloc(write->value.size > 0 ? write->value.size : 1);
        if (made == NULL || value == NULL) {
            free(made);
            free(value);
            free(full);
            return KCM_FAILED;
        }
        if (write->value.size > 0) {
            memcpy(value, write->value.data, write->value.size);
        }
        made->key = full;
        made->key_size = size;
        made->value = value;
        made->value_size = write->value.size;
        made->revision = write->operation == KCM_RESTORE ? write->revision : revision + 1;
        steps[i].made = made;
    }
    return KCM_OK;
}

static int32_t apply(store *self, const kcm_batch *batch)
{
    prepared *steps = calloc(batch->write_count > 0 ? batch->write_count : 1, sizeof *steps);
    if (steps == NULL) {
        return KCM_FAILED;
    }
    int32_t result = prepare(self, batch, steps);
    for (uint32_t i = 0; i < batch->write_count && batch->write_count <= MAXIMUM_BATCH; i++) {
        if (result != KCM_OK) {
            if (steps[i].made != NULL) {
                free_node(steps[i].made);
            }
            continue;
        }
        if (steps[i].before != NULL) {
            take_out(self, steps[i].before);
            free_node(steps[i].before);
        }
        if (steps[i].made != NULL) {
            insert(self, steps[i].made);
        }
    }
    free(steps);
    return result;
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

static int32_t memory_scan(void *opaque, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit,
                           kcm_entry_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    size_t prefix_size, after_size = 0;
    uint8_t *full = full_key(name_space, prefix, &prefix_size);
    uint8_t *behind = after != NULL ? full_key(name_space, *after, &after_size) : NULL;
    if (full == NULL || (after != NULL && behind == NULL)) {
        free(full);
        return fail(error, KCM_FAILED, "out of memory");
    }
    pthread_rwlock_rdlock(&self->lock);
    node *entry;
    if (behind != NULL && compare(behind, after_size, full, prefix_size) >= 0) {
        entry = seek(self, behind, after_size, NULL);
        if (entry != NULL && compare(entry->key, entry->key_size, behind, after_size) == 0) {
            entry = entry->next[0];
        }
    } else {
        entry = seek(self, full, prefix_size, NULL);
    }
    size_t skip = 2 + name_space.size;
    while (entry != NULL && limit > 0 && entry->key_size >= prefix_size && memcmp(entry->key, full, prefix_size) == 0) {
        kcm_bytes key = {entry->key + skip, entry->key_size - skip};
        if (sink(context, key, (kcm_bytes){entry->value, entry->value_size}, entry->revision) != 0) {
            break;
        }
        limit--;
        entry = entry->next[0];
    }
    pthread_rwlock_unlock(&self->lock);
    free(full);
    free(behind);
    return KCM_OK;
}

/* Namespaces sort by length first here; the contract wants byte order, so they are collected and sorted. */
typedef struct names {
    kcm_bytes *items;
    size_t count;
    size_t room;
} names;

static int order_names(const void *a, const void *b)
{
    const kcm_bytes *x = a, *y = b;
    return compare(x->data, x->size, y->data, y->size);
}

static int collect(store *self, names *list)
{
    node *last = NULL;
    for (node *entry = self->head->next[0]; entry != NULL; entry = entry->next[0]) {
        size_t size = namespace_size(entry);
        if (last != NULL && namespace_size(last) == size && memcmp(last->key + 2, entry->key + 2, size) == 0) {
            continue;
        }
        if (list->count == list->room) {
            size_t room = list->room > 0 ? list->room * 2 : 16;
            kcm_bytes *grown = realloc(list->items, room * sizeof *grown);
            if (grown == NULL) {
                return 0;
            }
            list->items = grown;
            list->room = room;
        }
        list->items[list->count++] = (kcm_bytes){entry->key + 2, size};
        last = entry;
    }
    if (list->count > 1) {
        qsort(list->items, list->count, sizeof *list->items, order_names);
    }
    return 1;
}

static int32_t memory_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    names list = {0};
    pthread_rwlock_rdlock(&self->lock);
    int collected = collect(self, &list);
    for (size_t i = 0; collected && i < list.count; i++) {
        if (sink(context, list.items[i]) != 0) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->lock);
    free(list.items);
    return collected ? KCM_OK : fail(error, KCM_FAILED, "out of memory");
}

static int32_t memory_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    store *self = opaque;
    names list = {0};
    pthread_rwlock_rdlock(&self->lock);
    int collected = collect(self, &list);
    statistics->namespaces = list.count;
    statistics->entries = self->entries;
    statistics->bytes = self->bytes;
    pthread_rwlock_unlock(&self->lock);
    free(list.items);
    return collected ? KCM_OK : fail(error, KCM_FAILED, "out of memory");
}

static int32_t memory_health(void *opaque, kcm_error *error)
{
    (void)opaque;
    (void)error;
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
