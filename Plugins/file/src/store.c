/* Opening and closing the store. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT_WORD "kcm-file-store "
#define DEFAULT_JOURNAL (4u << 20)
#define SMALLEST_JOURNAL (16u << 10)
#define LARGEST_JOURNAL (UINT64_C(1) << 30)

void store_log(const store *self, uint32_t level, const char *text)
{
    if (self->host != NULL && self->host->log != NULL) {
        self->host->log(self->host->context, level, text);
    }
}

/* Writes a small file that is there whole or not at all. 0 or an errno. */
static int write_small(int folder, const char *name, const char *text)
{
    char temporary[64];
    snprintf(temporary, sizeof temporary, "%c%s", TEMPORARY, name);
    (void)unlinkat(folder, temporary, 0);
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return errno;
    }
    size_t size = strlen(text);
    int number = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0 ? 0 : errno != 0 ? errno : EIO;
    close(fd);
    if (number == 0 && (renameat(folder, temporary, folder, name) != 0 || fsync(folder) != 0)) {
        number = errno;
    }
    return number;
}

/* Reads the format's version, or writes it into a folder that holds no store yet. */
static int32_t check_format(store *self, kcm_error *error)
{
    char text[64] = "";
    int fd = openat(self->folder, "format", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno != ENOENT) {
        return common_fail_errno(error, errno, "cannot read the format of", self->path);
    }
    if (fd < 0) {
        struct stat status;
        if (fstatat(self->folder, "records", &status, AT_SYMLINK_NOFOLLOW) == 0) {
            return common_fail(error, KCM_CORRUPT, "%.300s has records and no file 'format'", self->path);
        }
        snprintf(text, sizeof text, FORMAT_WORD "%d\n", FORMAT);
        errno = 0;
        int number = write_small(self->folder, "format", text);
        return number == 0 ? KCM_OK : common_fail_errno(error, number, "cannot set up", self->path);
    }
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    char *end = text;
    unsigned long version = 0;
    if (got > (ssize_t)(sizeof FORMAT_WORD - 1) && strncmp(text, FORMAT_WORD, sizeof FORMAT_WORD - 1) == 0) {
        version = strtoul(text + sizeof FORMAT_WORD - 1, &end, 10);
    }
    if (version == 0 || *end != '\n') {
        return common_fail(error, KCM_CORRUPT, "%.300s/format is none of this store's", self->path);
    }
    if (version > FORMAT) {
        return common_fail(error, KCM_INVALID, "%.300s was written by a newer version (format %lu, this one reads up to %d)", self->path, version,
                           FORMAT);
    }
    return KCM_OK;
}

static int32_t open_records(store *self, kcm_error *error)
{
    if ((mkdirat(self->folder, "records", 0700) != 0 && errno != EEXIST) ||
        (self->records = openat(self->folder, "records", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
        return common_fail_errno(error, errno, "cannot open the records of", self->path);
    }
    return KCM_OK;
}

static void file_close(void *opaque)
{
    store *self = opaque;
    if (self->journal.fd >= 0) {
        /* Nothing is lost where this fails: the journal is read again. */
        if (self->index.head != NULL && !atomic_load(&self->is_broken)) {
            (void)journal_checkpoint(self);
        }
        close(self->journal.fd);
    }
    if (self->records >= 0) {
        close(self->records);
    }
    common_drop_lock(self->lock);
    if (self->folder >= 0) {
        close(self->folder);
    }
    skip_destroy(&self->index);
    skip_destroy(&self->group);
    pthread_mutex_destroy(&self->writing);
    pthread_rwlock_destroy(&self->reading);
    free(self->path);
    free(self);
}

static int32_t open_all(store *self, uint64_t journal_size, kcm_error *error)
{
    int32_t code;
    if ((code = common_open_folder(self->path, &self->folder, error)) != KCM_OK ||
        (code = common_take_lock(self->folder, "lock", self->path, &self->lock, error)) != KCM_OK || (code = check_format(self, error)) != KCM_OK ||
        (code = open_records(self, error)) != KCM_OK) {
        return code;
    }
    int replayed = 0;
    if ((code = journal_open(self, journal_size, &replayed, error)) != KCM_OK) {
        /* As it is: what it holds has not all been done. */
        atomic_store(&self->is_broken, 1);
        return code;
    }
    int number = replayed ? journal_checkpoint(self) : fsync(self->folder) == 0 ? 0 : errno;
    if (number != 0) {
        atomic_store(&self->is_broken, 1);
        return common_fail_errno(error, number, "cannot sync", self->path);
    }
    if (replayed) {
        store_log(self, KCM_LOG_INFO, "recovered what the journal held");
    }
    if (!skip_init(&self->index) || !skip_init(&self->group)) {
        return common_fail(error, KCM_FAILED, "out of memory");
    }
    return index_build(self, error);
}

static int32_t file_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    const char *path = NULL, *journal_size = NULL;
    int32_t code = common_settings(settings, count, (common_setting[]){{"path", &path}, {"journal_size", &journal_size}}, 2, error);
    if (code != KCM_OK) {
        return code;
    }
    if (path == NULL || *path == '\0' || strlen(path) > 1000) {
        return common_fail(error, KCM_INVALID, "setting 'path', the folder of the store, is missing or too long");
    }
    uint64_t size = DEFAULT_JOURNAL;
    if (journal_size != NULL && (!common_size(journal_size, &size) || size < SMALLEST_JOURNAL || size > LARGEST_JOURNAL)) {
        return common_fail(error, KCM_INVALID, "setting 'journal_size' is '%.50s'; it takes 16KiB to 1GiB", journal_size);
    }
    store *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return common_fail(error, KCM_FAILED, "out of memory");
    }
    pthread_mutex_init(&self->writing, NULL);
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    /* Readers that come all the time must not keep the writer out. */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&self->reading, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    self->host = host;
    self->folder = self->records = self->lock = self->journal.fd = -1;
    self->path = strdup(path);
    code = self->path == NULL ? common_fail(error, KCM_FAILED, "out of memory") : open_all(self, size, error);
    if (code != KCM_OK) {
        file_close(self);
        return code;
    }
    *out = self;
    return KCM_OK;
}

static void file_limits(void *opaque, kcm_store_limits *limits)
{
    (void)opaque;
    limits->maximum_batch = MAXIMUM_BATCH;
    limits->maximum_key = MAXIMUM_KEY;
    limits->maximum_value = MAXIMUM_VALUE;
}

static const kcm_store_verify verify = {.struct_size = sizeof verify, .verify = file_verify};

static const void *file_get_extension(void *opaque, const char *id)
{
    (void)opaque;
    return strcmp(id, KCM_STORE_VERIFY) == 0 ? &verify : NULL;
}

const kcm_store_functions file_store_functions = {
    .struct_size = sizeof file_store_functions,
    .open = file_open,
    .close = file_close,
    .limits = file_limits,
    .get = file_get,
    .commit = file_commit,
    .scan = file_scan,
    .namespaces = file_namespaces,
    .statistics = file_statistics,
    .health = file_health,
    .get_extension = file_get_extension,
};
