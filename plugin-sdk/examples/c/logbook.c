/*
 * logbook: a keystore in one file that only grows. Each group of commits is appended as one record and synced once; all entries are in
 * memory as well, in a sorted array. Small and durable; what a larger store would add is named in README.md.
 *
 * File: the 8 bytes "LOGBOOK1", then records: payload size (8 bytes), FNV-1a of the payload (8 bytes), payload. A payload holds writes: a struct
 * head, then namespace, key and value. Numbers are in the machine's order: the file is not for other machines.
 */
#include <kcm/kcm_plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAXIMUM_BATCH = 1024, MAXIMUM_KEY = 1024, MAXIMUM_VALUE = 1 << 20 };
static const char magic[8] = {'L', 'O', 'G', 'B', 'O', 'O', 'K', '1'};

/* Revision 0 says that the key is gone. */
typedef struct head { uint64_t revision; uint32_t name_size, key_size, value_size, zero; } head;
typedef struct entry { head head; uint8_t bytes[]; } entry; /* namespace, key, value */
typedef struct book {
    int file, broken; /* broken: memory is not what the file is; until it is opened again nothing is served */
    uint64_t size;
    entry **entries; /* sorted */
    size_t count, room;
    uint8_t *record; /* of the group at hand */
    size_t used, space;
} book;

static kcm_bytes name_of(const entry *e) { return (kcm_bytes){e->bytes, e->head.name_size}; }
static kcm_bytes key_of(const entry *e) { return (kcm_bytes){e->bytes + e->head.name_size, e->head.key_size}; }
static kcm_bytes value_of(const entry *e) { return (kcm_bytes){e->bytes + e->head.name_size + e->head.key_size, e->head.value_size}; }
static size_t size_of(const head *h) { return sizeof *h + h->name_size + h->key_size + h->value_size; }

static int32_t fail(kcm_error *error, int32_t code, const char *what)
{
    snprintf(error->text, sizeof error->text, "%s: %s", what, strerror(errno));
    return code;
}

static int32_t is_broken(kcm_error *error)
{
    snprintf(error->text, sizeof error->text, "memory ran out; start the daemon again");
    return KCM_UNAVAILABLE;
}

static int compare(kcm_bytes a, kcm_bytes b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int order = least > 0 ? memcmp(a.data, b.data, least) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* The place of the first entry that is not before this key. */
static size_t place(const book *self, kcm_bytes name, kcm_bytes key)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name_of(self->entries[middle]), name);
        if (order == 0) order = compare(key_of(self->entries[middle]), key);
        if (order < 0) low = middle + 1; else high = middle;
    }
    return low;
}

static entry *find(const book *self, kcm_bytes name, kcm_bytes key)
{
    size_t at = place(self, name, key);
    entry *e = at < self->count ? self->entries[at] : NULL;
    return e != NULL && compare(name_of(e), name) == 0 && compare(key_of(e), key) == 0 ? e : NULL;
}

/* Brings one write into memory, from the bytes that are in the file. */
static int apply(book *self, const uint8_t *bytes)
{
    head h;
    memcpy(&h, bytes, sizeof h);
    kcm_bytes name = {bytes + sizeof h, h.name_size}, key = {bytes + sizeof h + h.name_size, h.key_size};
    size_t at = place(self, name, key);
    entry *old = find(self, name, key);
    if (h.revision == 0) {
        if (old != NULL) memmove(self->entries + at, self->entries + at + 1, (--self->count - at) * sizeof *self->entries);
        free(old);
        return 1;
    }
    if (self->count == self->room) {
        size_t room = self->room * 2 + 64;
        entry **more = realloc(self->entries, room * sizeof *more);
        if (more == NULL) return 0;
        self->entries = more, self->room = room;
    }
    entry *made = malloc(size_of(&h));
    if (made == NULL) return 0;
    memcpy(made, bytes, size_of(&h));
    if (old == NULL) memmove(self->entries + at + 1, self->entries + at, (self->count++ - at) * sizeof *self->entries);
    free(old);
    self->entries[at] = made;
    return 1;
}

static void forget(book *self)
{
    for (size_t i = 0; i < self->count; i++) free(self->entries[i]);
    self->count = 0;
}

static uint64_t checksum(const uint8_t *bytes, size_t size)
{
    uint64_t sum = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; i++) sum = (sum ^ bytes[i]) * 0x100000001B3u;
    return sum;
}

/* Reads the whole file. A record that a crash cut short is the last one, was never answered, and is taken off. */
static int32_t load(book *self, kcm_error *error)
{
    struct stat status;
    forget(self);
    if (fstat(self->file, &status) != 0) return fail(error, KCM_FAILED, "the file cannot be looked at");
    uint64_t size = (uint64_t)status.st_size, at = sizeof magic;
    uint8_t *all = malloc(size + 1);
    if (all == NULL || pread(self->file, all, size, 0) != (ssize_t)size) {
        free(all);
        return fail(error, KCM_FAILED, "the file cannot be read");
    }
    int32_t code = KCM_OK;
    if (size < sizeof magic) {
        at = 0; /* new, or cut short while it was made */
    } else if (memcmp(all, magic, sizeof magic) != 0) {
        snprintf(error->text, sizeof error->text, "the file is no logbook of version 1");
        code = KCM_CORRUPT;
    }
    while (code == KCM_OK && at != 0 && size - at >= 16) {
        uint64_t payload, sum;
        memcpy(&payload, all + at, 8), memcpy(&sum, all + at + 8, 8);
        if (payload == 0 || payload > size - at - 16) break;
        if (checksum(all + at + 16, payload) != sum) {
            if (payload == size - at - 16) break;
            snprintf(error->text, sizeof error->text, "the record at byte %llu is damaged", (unsigned long long)at);
            code = KCM_CORRUPT;
            break;
        }
        for (uint64_t in = at + 16; in < at + 16 + payload && code == KCM_OK;) {
            head h;
            memcpy(&h, all + in, sizeof h);
            if (!apply(self, all + in)) code = fail(error, KCM_FAILED, "no memory");
            in += size_of(&h);
        }
        at += 16 + payload;
    }
    free(all);
    if (code != KCM_OK) return code;
    if (at == 0) {
        if (pwrite(self->file, magic, sizeof magic, 0) != sizeof magic) return fail(error, KCM_FULL, "the file cannot be written");
        at = sizeof magic;
    }
    if (ftruncate(self->file, (off_t)at) != 0 || fsync(self->file) != 0) return fail(error, KCM_FAILED, "the file cannot be written");
    self->size = at;
    return KCM_OK;
}

static void logbook_close(void *opaque)
{
    book *self = opaque;
    forget(self);
    close(self->file);
    free(self->entries);
    free(self->record);
    free(self);
}

/* The folder has to be synced too: else a crash of the machine may take the new file away. */
static int sync_folder(const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) slash[slash == folder] = 0; else strcpy(folder, ".");
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int done = opened >= 0 && fsync(opened) == 0;
    if (opened >= 0) close(opened);
    return done;
}

static int32_t logbook_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **store, kcm_error *error)
{
    const char *path = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(settings[i].key, "path") != 0) {
            snprintf(error->text, sizeof error->text, "setting '%.100s' is not known; there is 'path'", settings[i].key);
            return KCM_INVALID;
        }
        path = settings[i].value;
    }
    if (path == NULL) {
        snprintf(error->text, sizeof error->text, "setting 'path' is missing: the file to keep the records in");
        return KCM_INVALID;
    }
    book *self = calloc(1, sizeof *self);
    if (self == NULL) return fail(error, KCM_FAILED, path);
    self->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (self->file < 0 || !sync_folder(path)) {
        int32_t code = fail(error, KCM_FAILED, path);
        logbook_close(self);
        return code;
    }
    int32_t code = flock(self->file, LOCK_EX | LOCK_NB) == 0 ? load(self, error) : fail(error, KCM_UNAVAILABLE, "another process has the file");
    if (code != KCM_OK) {
        logbook_close(self);
        return code;
    }
    host->log(host->context, KCM_LOG_DEBUG, "the logbook is open");
    *store = self;
    return KCM_OK;
}

static void logbook_limits(void *opaque, kcm_store_limits *limits)
{
    (void)opaque;
    limits->maximum_batch = MAXIMUM_BATCH, limits->maximum_key = MAXIMUM_KEY, limits->maximum_value = MAXIMUM_VALUE;
}

static int32_t logbook_get(void *opaque, kcm_bytes name, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    const book *self = opaque;
    if (self->broken) return is_broken(error);
    const entry *e = find(self, name, key);
    if (e == NULL) return KCM_NOT_FOUND;
    sink(context, value_of(e), e->head.revision);
    return KCM_OK;
}

static int append(book *self, const void *bytes, size_t size)
{
    if (self->space - self->used < size) {
        size_t space = (self->used + size) * 2;
        uint8_t *more = realloc(self->record, space);
        if (more == NULL) return 0;
        self->record = more, self->space = space;
    }
    if (size > 0) memcpy(self->record + self->used, bytes, size);
    self->used += size;
    return 1;
}

/* Whether a write may happen, and the revision that the key then has; 0 where it is gone. */
static int32_t judge(const book *self, kcm_bytes name, const kcm_write *write, uint64_t *revision)
{
    const entry *old = find(self, name, write->key);
    uint64_t had = old != NULL ? old->head.revision : 0;
    if (write->operation < KCM_PUT || write->operation > KCM_RESTORE || write->expectation > KCM_EXPECT_REVISION) return KCM_INVALID;
    if (write->operation == KCM_RESTORE && (write->expectation != KCM_EXPECT_ABSENT || write->revision - 1 >= INT64_MAX)) return KCM_INVALID;
    if (write->key.size > MAXIMUM_KEY || (write->operation != KCM_REMOVE && write->value.size > MAXIMUM_VALUE)) return KCM_TOO_LARGE;
    if (write->expectation == KCM_EXPECT_ABSENT && had != 0) return KCM_CONFLICT;
    if (write->expectation == KCM_EXPECT_REVISION && (had == 0 || had != write->revision)) return KCM_CONFLICT;
    *revision = write->operation == KCM_REMOVE ? 0 : write->operation == KCM_RESTORE ? write->revision : had + 1;
    return KCM_OK;
}

/* Adds a batch to the record and brings it into memory. All its writes are judged first: its keys are distinct, so none changes another. */
static int32_t add(book *self, const kcm_batch *batch)
{
    size_t start = self->used;
    int32_t code = batch->write_count <= MAXIMUM_BATCH ? KCM_OK : KCM_TOO_LARGE;
    for (uint32_t i = 0; i < batch->write_count && code == KCM_OK; i++) {
        const kcm_write *write = &batch->writes[i];
        head h = {.name_size = (uint32_t)batch->name_space.size, .key_size = (uint32_t)write->key.size};
        code = judge(self, batch->name_space, write, &h.revision);
        if (code != KCM_OK) break;
        if (write->operation != KCM_REMOVE) h.value_size = (uint32_t)write->value.size;
        if (!append(self, &h, sizeof h) || !append(self, batch->name_space.data, h.name_size) || !append(self, write->key.data, h.key_size) ||
            !append(self, write->value.data, h.value_size)) code = KCM_FAILED;
    }
    if (code != KCM_OK) self->used = start;
    for (size_t at = start; at < self->used;) {
        head h;
        memcpy(&h, self->record + at, sizeof h);
        if (!apply(self, self->record + at)) self->broken = 1;
        at += size_of(&h);
    }
    return code;
}

static int32_t logbook_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    book *self = opaque;
    static const uint8_t nothing[16];
    self->used = 0;
    if (self->broken) return is_broken(error);
    if (!append(self, nothing, 16)) return fail(error, KCM_FAILED, "no memory");
    for (uint32_t i = 0; i < count; i++) {
        batches[i].result = add(self, &batches[i]);
        if (batches[i].result != KCM_OK && batches[i].result != KCM_CONFLICT) {
            snprintf(error->text, sizeof error->text, "batch %u is not what this store takes: over its limits, or not known", i);
        }
    }
    if (self->broken) return is_broken(error); /* no memory: nothing was written, so nothing of the group counts */
    if (self->used == 16) return KCM_OK;
    uint64_t payload = self->used - 16, sum = checksum(self->record + 16, payload);
    memcpy(self->record, &payload, 8), memcpy(self->record + 8, &sum, 8);
    if (pwrite(self->file, self->record, self->used, (off_t)self->size) == (ssize_t)self->used && fdatasync(self->file) == 0) {
        self->size += self->used;
        return KCM_OK;
    }
    /* Nothing of the group counts: off the file with it, and memory as the file is. */
    int32_t code = fail(error, errno == ENOSPC ? KCM_FULL : KCM_FAILED, "the record cannot be written");
    kcm_error ignored = {.struct_size = sizeof ignored};
    self->broken = ftruncate(self->file, (off_t)self->size) != 0 || load(self, &ignored) != KCM_OK;
    return code;
}

static int32_t logbook_scan(void *opaque, kcm_bytes name, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                            void *context, kcm_error *error)
{
    const book *self = opaque;
    if (self->broken) return is_broken(error);
    size_t at = place(self, name, after != NULL && compare(*after, prefix) > 0 ? *after : prefix);
    for (; at < self->count && limit > 0; at++) {
        const entry *e = self->entries[at];
        kcm_bytes key = key_of(e);
        if (compare(name_of(e), name) != 0 || key.size < prefix.size || (prefix.size > 0 && memcmp(key.data, prefix.data, prefix.size) != 0)) break;
        if (after != NULL && compare(key, *after) <= 0) continue;
        limit--;
        if (sink(context, key, value_of(e), e->head.revision) != 0) break;
    }
    return KCM_OK;
}

static int32_t logbook_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    (void)error;
    const book *self = opaque;
    for (size_t at = 0; at < self->count; at++) {
        if (at > 0 && compare(name_of(self->entries[at - 1]), name_of(self->entries[at])) == 0) continue;
        if (sink(context, name_of(self->entries[at])) != 0) break;
    }
    return KCM_OK;
}

static int32_t logbook_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    (void)error;
    const book *self = opaque;
    for (size_t at = 0; at < self->count; at++) {
        statistics->namespaces += at == 0 || compare(name_of(self->entries[at - 1]), name_of(self->entries[at])) != 0;
    }
    statistics->entries = self->count, statistics->bytes = self->size;
    return KCM_OK;
}

static int32_t logbook_health(void *opaque, kcm_error *error)
{
    const book *self = opaque;
    if (self->broken) return is_broken(error);
    return fsync(self->file) == 0 ? KCM_OK : fail(error, KCM_FAILED, "the file cannot be synced");
}

static const kcm_store_functions functions = {
    .struct_size = sizeof functions, .open = logbook_open, .close = logbook_close, .limits = logbook_limits, .get = logbook_get,
    .commit = logbook_commit, .scan = logbook_scan, .namespaces = logbook_namespaces, .statistics = logbook_statistics, .health = logbook_health,
};
static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC, .abi_major = KCM_ABI_MAJOR, .abi_minor = KCM_ABI_MINOR, .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_SERIALIZED, .capabilities = KCM_CAP_STORE | KCM_CAP_DURABLE,
    .name = "logbook", .version = "1.0.0", .vendor = "Example", .description = "One file that only grows", .store = &functions,
};
KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void) { return &descriptor; }
