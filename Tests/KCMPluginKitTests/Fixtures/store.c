/*
 * A durable store that keeps to the contract, unless FAULT_… says otherwise: each test builds its own faulty plugin. A sorted array behind
 * a readers-writer lock, and a journal: one record for each batch, one sync for each group.
 */
#include <kcm/kcm_plugin.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAXIMUM_KEY 512u
#define MAXIMUM_VALUE 65536u
#define MAXIMUM_BATCH 256u

typedef struct entry {
    uint8_t *name, *key, *value;
    uint32_t name_size, key_size, value_size;
    uint64_t revision;
} entry;

typedef struct store {
    pthread_rwlock_t lock;
    entry *entries;
    size_t count, room;
    int journal;
    uint8_t *pending; /* records of the group that is being done */
    size_t pending_size;
    const kcm_host *host;
    atomic_int writing;
} store;

/* What the plugin does wrong: one of the names below. */
#ifndef FAULT
#define FAULT 0
#endif
enum {
    NONE, NON_ATOMIC, LOST_UPDATE, TORN, UNSORTED, AFTER, LIMIT, STOP, NOT_DURABLE, HALF_BATCH, LEAK, OVERREAD, EMPTY_KEY, ANEW, BLEED, EXPECTATION,
    OPERATION, NO_TEXT, HANDLER, DESCRIPTOR, MODE, SINK_THREAD, SINK_TWICE, SECRET, OVER_LIMIT, KEPT, EMPTY_VALUE, STATISTICS,
    GROUP, NAMES_ORDER, SHARED, RESTORE, HEALTH, LOST_REVISION
};
#define IS(fault) (FAULT == (fault))

#ifdef EXTRA_SYMBOL
KCM_EXPORT int fixture_helper(void);
int fixture_helper(void) { return 1; }
#endif

static int compare_bytes(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;
    int order = common > 0 ? memcmp(a, b, common) : 0;
    if (IS(UNSORTED) && common > 0 && order != 0) {
        for (size_t i = 0; i < common; i++) {
            if (a[i] != b[i]) {
                return (int8_t)a[i] < (int8_t)b[i] ? -1 : 1;
            }
        }
    }
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

/* Index of the first entry that is not before (name, key). */
static size_t seek(const store *self, kcm_bytes name, kcm_bytes key)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const entry *e = &self->entries[middle];
        int order = compare_bytes(e->name, e->name_size, name.data, name.size);
        if (order == 0) {
            order = compare_bytes(e->key, e->key_size, key.data, key.size);
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int is_in(const entry *e, kcm_bytes name)
{
    if (IS(BLEED)) {
        return e->name_size >= name.size && (name.size == 0 || memcmp(e->name, name.data, name.size) == 0);
    }
    return e->name_size == name.size && (name.size == 0 || memcmp(e->name, name.data, name.size) == 0);
}

static entry *find(store *self, kcm_bytes name, kcm_bytes key)
{
    size_t at = seek(self, name, key);
    if (at == self->count) {
        return NULL;
    }
    entry *e = &self->entries[at];
    int same = e->name_size == name.size && compare_bytes(e->name, e->name_size, name.data, name.size) == 0 &&
               compare_bytes(e->key, e->key_size, key.data, key.size) == 0;
    return same ? e : NULL;
}

static uint8_t *copy(kcm_bytes bytes)
{
    uint8_t *made = malloc(bytes.size > 0 ? bytes.size : 1);
    if (bytes.size > 0) {
        memcpy(made, bytes.data, bytes.size);
    }
    return made;
}

static void take_out(store *self, entry *e)
{
    free(e->name);
    if (!(IS(KEPT) && e->key_size == 45)) {
        free(e->key);
    }
    free(e->value);
    self->count--;
    memmove(e, e + 1, (size_t)(self->entries + self->count - e) * sizeof *e);
}

static void set(store *self, kcm_bytes name, kcm_bytes key, kcm_bytes value, uint64_t revision)
{
    entry *e = find(self, name, key);
    if (e != NULL) {
        free(e->value);
    } else {
        size_t at = seek(self, name, key);
        if (self->count == self->room) {
            self->room = self->room > 0 ? self->room * 2 : 64;
            self->entries = realloc(self->entries, self->room * sizeof *self->entries);
        }
        e = &self->entries[at];
        memmove(e + 1, e, (self->count - at) * sizeof *e);
        self->count++;
        *e = (entry){.name = copy(name), .key = IS(KEPT) && key.size == 45 ? (uint8_t *)key.data : copy(key), .name_size = (uint32_t)name.size, .key_size = (uint32_t)key.size};
    }
    e->value = copy(value);
    e->value_size = (uint32_t)value.size;
    e->revision = revision;
}

/* ---- The journal: { size, checksum, items of { name, key, value, revision; revision 0: removed } } ---- */

typedef struct header {
    uint64_t size, checksum;
} header;

typedef struct item {
    uint64_t name_size, key_size, value_size, revision;
} item;

static uint64_t checksum(const uint8_t *bytes, uint64_t size)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (uint64_t i = 0; i < size; i++) {
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

static void append(store *self, const void *bytes, size_t size)
{
    self->pending = realloc(self->pending, self->pending_size + size + 1);
    if (size > 0) {
        memcpy(self->pending + self->pending_size, bytes, size);
    }
    self->pending_size += size;
}

static void begin_record(store *self)
{
    header empty = {0, 0};
    append(self, &empty, sizeof empty);
}

static void end_record(store *self, size_t start)
{
    header filled = {.size = self->pending_size - start - sizeof filled};
    filled.checksum = checksum(self->pending + start + sizeof filled, filled.size);
    memcpy(self->pending + start, &filled, sizeof filled);
}

static void record(store *self, kcm_bytes name, kcm_bytes key, kcm_bytes value, uint64_t revision)
{
    item head = {name.size, key.size, value.size, revision};
    append(self, &head, sizeof head);
    append(self, name.data, name.size);
    append(self, key.data, key.size);
    append(self, value.data, value.size);
}

static int flush(store *self)
{
    int ok = write(self->journal, self->pending, self->pending_size) == (ssize_t)self->pending_size && fdatasync(self->journal) == 0;
    self->pending_size = 0;
    return ok;
}

static void replay(store *self)
{
    struct stat status;
    fstat(self->journal, &status);
    uint8_t *bytes = malloc((size_t)status.st_size + 1);
    size_t size = (size_t)pread(self->journal, bytes, (size_t)status.st_size, 0), at = 0;
    header head;
    while (size - at >= sizeof head) {
        memcpy(&head, bytes + at, sizeof head);
        if (head.size > size - at - sizeof head || checksum(bytes + at + sizeof head, head.size) != head.checksum) {
            break;
        }
        uint8_t *next = bytes + at + sizeof head, *end = next + head.size;
        while (next < end) {
            item one;
            memcpy(&one, next, sizeof one);
            kcm_bytes name = {next + sizeof one, one.name_size}, key = {name.data + name.size, one.key_size}, value = {key.data + key.size, one.value_size};
            next = (uint8_t *)value.data + value.size;
            entry *there = find(self, name, key);
            if (one.revision != 0) {
                set(self, name, key, value, IS(LOST_REVISION) ? 1 : one.revision);
            } else if (there != NULL) {
                take_out(self, there);
            }
        }
        at += sizeof head + head.size;
    }
    free(bytes);
    if (ftruncate(self->journal, (off_t)at) != 0 || lseek(self->journal, (off_t)at, SEEK_SET) < 0) {
        abort();
    }
}

/* ---- Functions of the contract ---- */

static void store_close(void *opaque)
{
    store *self = opaque;
    if (IS(NOT_DURABLE) && self->pending_size > 0) {
        (void)flush(self);
    }
    while (self->count > 0) {
        take_out(self, &self->entries[self->count - 1]);
    }
    free(self->entries);
    free(self->pending);
    close(self->journal);
    pthread_rwlock_destroy(&self->lock);
    free(self);
}

static int32_t store_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    const char *path = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(settings[i].key, "path") != 0) {
            if (!IS(NO_TEXT)) {
                snprintf(error->text, sizeof error->text, "setting '%.100s' is not known; there is 'path'", settings[i].key);
            }
            return KCM_INVALID;
        }
        path = settings[i].value;
    }
    if (path == NULL || *path == '\0') {
        snprintf(error->text, sizeof error->text, "setting 'path' is missing");
        return KCM_INVALID;
    }
    int journal = open(path, O_RDWR | O_CREAT | O_CLOEXEC, IS(MODE) ? 0644 : 0600);
    if (journal < 0 || (!IS(SHARED) && flock(journal, LOCK_EX | LOCK_NB) != 0)) {
        snprintf(error->text, sizeof error->text, "%.200s cannot be opened, or is in use", path);
        close(journal);
        return journal < 0 ? KCM_FAILED : KCM_UNAVAILABLE;
    }
    if (IS(HANDLER)) {
        signal(SIGUSR1, SIG_IGN);
    }
    if (IS(DESCRIPTOR)) {
        (void)!open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    store *self = calloc(1, sizeof *self);
    pthread_rwlock_init(&self->lock, NULL);
    self->journal = journal;
    self->host = host;
    replay(self);
    host->log(host->context, KCM_LOG_INFO, "open");
    *out = self;
    return KCM_OK;
}

static void store_limits(void *opaque, kcm_store_limits *limits)
{
    (void)opaque;
    limits->maximum_batch = MAXIMUM_BATCH;
    limits->maximum_key = MAXIMUM_KEY;
    limits->maximum_value = MAXIMUM_VALUE;
}

typedef struct delivery {
    kcm_value_sink sink;
    void *context;
    kcm_bytes value;
    uint64_t revision;
} delivery;

static void *deliver(void *opaque)
{
    delivery *self = opaque;
    self->sink(self->context, self->value, self->revision);
    return NULL;
}

static int32_t store_get(void *opaque, kcm_bytes name, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    if (IS(EMPTY_KEY) && key.size == 0) {
        abort();
    }
    if (IS(LEAK)) {
        char *lost = malloc(16);
        memset(lost, 1, 16);
        __asm__ volatile("" : : "r"(lost) : "memory");
    }
    if (IS(OVERREAD) && key.size > 0 && *(volatile const uint8_t *)(key.data + key.size) == 0x5A) {
        usleep(1);
    }
    pthread_rwlock_rdlock(&self->lock);
    entry *e = find(self, name, key);
    if (e != NULL) {
        delivery what = {sink, context, {e->value, e->value_size}, e->revision};
        if (IS(EMPTY_VALUE) && e->value_size == 0) {
            pthread_rwlock_unlock(&self->lock);
            return KCM_NOT_FOUND;
        }
        uint8_t torn[4096];
        if (IS(TORN) && e->value_size > 1000 && e->value_size <= sizeof torn && atomic_load(&self->writing) > 0) {
            memcpy(torn, e->value, e->value_size);
            memset(torn + e->value_size / 2, 0, e->value_size / 2);
            what.value.data = torn;
        }
        if (IS(SINK_THREAD)) {
            pthread_t thread;
            pthread_create(&thread, NULL, deliver, &what);
            pthread_join(thread, NULL);
        } else {
            deliver(&what);
        }
        if (IS(SINK_TWICE)) {
            deliver(&what);
        }
    }
    pthread_rwlock_unlock(&self->lock);
    return e != NULL ? KCM_OK : KCM_NOT_FOUND;
}

static int32_t check(store *self, kcm_bytes name, const kcm_write *write)
{
    int knows = write->operation == KCM_PUT || write->operation == KCM_REMOVE || write->operation == KCM_RESTORE;
    if ((!knows && !IS(OPERATION)) || (write->expectation > KCM_EXPECT_REVISION && !IS(EXPECTATION))) {
        return KCM_INVALID;
    }
    if (write->operation == KCM_RESTORE && !IS(RESTORE) &&
        (write->expectation != KCM_EXPECT_ABSENT || write->revision == 0 || write->revision > INT64_MAX)) {
        return KCM_INVALID;
    }
    if (write->key.size > MAXIMUM_KEY || (write->value.size > MAXIMUM_VALUE && !IS(OVER_LIMIT))) {
        if (IS(SECRET)) {
            self->host->log(self->host->context, KCM_LOG_ERROR, "kit-secret-4f1e77 is too long");
        }
        return KCM_TOO_LARGE;
    }
    entry *e = find(self, name, write->key);
    int holds = write->expectation == KCM_EXPECT_ABSENT     ? e == NULL
                : write->expectation == KCM_EXPECT_REVISION ? e != NULL && e->revision == write->revision
                                                            : 1;
    return holds ? KCM_OK : KCM_CONFLICT;
}

static void apply(store *self, kcm_bytes name, const kcm_write *write)
{
    static uint64_t last;
    entry *e = find(self, name, write->key);
    kcm_bytes nothing = {NULL, 0};
    if (write->operation == KCM_REMOVE) {
        if (e != NULL) {
            last = e->revision;
            take_out(self, e);
            record(self, name, write->key, nothing, 0);
        }
        return;
    }
    uint64_t revision = e != NULL ? e->revision + 1 : 1;
    if (IS(ANEW) && e == NULL && last == 3) {
        revision = last + 1;
    }
    if (write->operation == KCM_RESTORE && write->revision != 0) {
        revision = write->revision;
    }
    set(self, name, write->key, write->value, revision);
    record(self, name, write->key, write->value, revision);
}

static int32_t commit_batch(store *self, const kcm_batch *batch)
{
    if (batch->write_count > MAXIMUM_BATCH) {
        return KCM_TOO_LARGE;
    }
    int is_partial = IS(NON_ATOMIC) && batch->write_count == 5;
    for (uint32_t i = 0; i < batch->write_count; i++) {
        if (IS(EMPTY_KEY) && batch->writes[i].key.size == 0) {
            abort();
        }
        int32_t result = check(self, batch->name_space, &batch->writes[i]);
        if (result != KCM_OK) {
            return result;
        }
        if (is_partial) {
            apply(self, batch->name_space, &batch->writes[i]);
        }
    }
    if (IS(LOST_UPDATE) && batch->write_count == 1 && batch->writes[0].expectation == KCM_EXPECT_REVISION) {
        pthread_rwlock_unlock(&self->lock);
        usleep(100);
        pthread_rwlock_wrlock(&self->lock);
    }
    for (uint32_t i = 0; i < batch->write_count && !is_partial; i++) {
        size_t start = self->pending_size;
        if (IS(HALF_BATCH)) {
            begin_record(self);
        }
        apply(self, batch->name_space, &batch->writes[i]);
        if (IS(HALF_BATCH)) {
            end_record(self, start);
            (void)flush(self);
            usleep(200);
        }
    }
    return KCM_OK;
}

static int32_t store_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    store *self = opaque;
    atomic_fetch_add(&self->writing, 1);
    pthread_rwlock_wrlock(&self->lock);
    int failed = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (IS(GROUP) && failed && count == 7) {
            batches[i].result = KCM_FAILED;
            continue;
        }
        size_t start = self->pending_size;
        if (!IS(HALF_BATCH)) {
            begin_record(self);
        }
        batches[i].result = commit_batch(self, &batches[i]);
        failed |= batches[i].result != KCM_OK;
        if (!IS(HALF_BATCH)) {
            end_record(self, start);
        }
    }
    int ok = IS(NOT_DURABLE) || flush(self);
    pthread_rwlock_unlock(&self->lock);
    atomic_fetch_sub(&self->writing, 1);
    if (!ok) {
        snprintf(error->text, sizeof error->text, "the journal cannot be written");
    }
    return ok ? KCM_OK : KCM_FAILED;
}

static int32_t store_scan(void *opaque, kcm_bytes name, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink, void *context,
                          kcm_error *error)
{
    (void)error;
    store *self = opaque;
    if (IS(AFTER) && prefix.size > 0) {
        after = NULL;
    }
    if (IS(LIMIT) && limit > 1 && limit < UINT32_MAX) {
        limit++;
    }
    pthread_rwlock_rdlock(&self->lock);
    for (size_t at = seek(self, name, prefix); at < self->count && limit > 0; at++) {
        entry *e = &self->entries[at];
        if (!is_in(e, name)) {
            break;
        }
        if (e->key_size < prefix.size || (prefix.size > 0 && memcmp(e->key, prefix.data, prefix.size) != 0)) {
            break;
        }
        if (after != NULL && compare_bytes(e->key, e->key_size, after->data, after->size) <= 0) {
            continue;
        }
        limit--;
        if (sink(context, (kcm_bytes){e->key, e->key_size}, (kcm_bytes){e->value, e->value_size}, e->revision) != 0 && !IS(STOP)) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->lock);
    return KCM_OK;
}

static int32_t store_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->lock);
    for (size_t at = 0; at < self->count; at++) {
        entry *e = &self->entries[IS(NAMES_ORDER) ? self->count - 1 - at : at], *before = e + (IS(NAMES_ORDER) ? 1 : -1);
        if (at > 0 && before->name_size == e->name_size && memcmp(before->name, e->name, e->name_size) == 0) {
            continue;
        }
        if (sink(context, (kcm_bytes){e->name, e->name_size}) != 0) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->lock);
    return KCM_OK;
}

static int32_t store_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->lock);
    statistics->entries = self->count + (IS(STATISTICS) ? self->count / 50 : 0);
    for (size_t at = 0; at < self->count; at++) {
        entry *e = &self->entries[at];
        statistics->namespaces += at == 0 || e[-1].name_size != e->name_size || memcmp(e[-1].name, e->name, e->name_size) != 0;
        statistics->bytes += e->key_size + e->value_size;
    }
    pthread_rwlock_unlock(&self->lock);
    return KCM_OK;
}

static int32_t store_health(void *opaque, kcm_error *error)
{
    (void)opaque;
    if (IS(HEALTH)) {
        snprintf(error->text, sizeof error->text, "the disk is on fire");
        return KCM_UNAVAILABLE;
    }
    return KCM_OK;
}

static const kcm_store_functions functions = {
    .struct_size = sizeof functions,
    .open = store_open,
    .close = store_close,
    .limits = store_limits,
    .get = store_get,
    .commit = store_commit,
    .scan = store_scan,
    .namespaces = store_namespaces,
    .statistics = store_statistics,
    .health = store_health,
};

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_PARALLEL,
    .capabilities = KCM_CAP_STORE | KCM_CAP_DURABLE,
    .name = "kit-store",
    .version = "0.1",
    .vendor = "Tests",
    .description = "A store with one fault",
    .store = &functions,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
    return &descriptor;
}
