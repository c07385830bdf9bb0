/* Opening, closing, and what the daemon sees of the plugin. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_MAP_SIZE (UINT64_C(256) << 20)
#define SMALLEST_MAP_SIZE (UINT64_C(128) << 10)
#define DEFAULT_MAXIMUM_SIZE (UINT64_C(16) << 40)

int32_t lmdb_fail(const store *self, int lmdb, const char *what, kcm_error *error)
{
    int32_t code = KCM_FAILED;
    const char *more = "";
    switch (lmdb) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT: code = KCM_FULL; break;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID: code = KCM_CORRUPT; break;
    case MDB_VERSION_MISMATCH: code = KCM_INVALID; break;
    case MDB_READERS_FULL:
    case EAGAIN: code = KCM_UNAVAILABLE; break;
    case MDB_PANIC: more = "; restart to open it anew"; break;
    default: break;
    }
    return common_fail(error, code, "%s %.300s: %.120s%s", what, self->path, mdb_strerror(lmdb), more);
}

/* LMDB aborts the process behind this: the log says why. */
static void assertion_failed(MDB_env *env, const char *text)
{
    const store *self = mdb_env_get_userctx(env);
    if (self->host != NULL && self->host->log != NULL) {
        self->host->log(self->host->context, KCM_LOG_ERROR, text);
    }
}

/* Reads the format record, or writes it to an environment that is empty. */
static int32_t check_format(store *self, kcm_error *error)
{
    MDB_txn *txn;
    int result = mdb_txn_begin(self->env, NULL, 0, &txn);
    if (result != MDB_SUCCESS) {
        return lmdb_fail(self, result, "cannot open", error);
    }
    int32_t code = KCM_OK;
    MDB_stat status;
    MDB_val name = {2, (uint8_t[]){TAG_OWN, 'f'}}, data;
    if ((result = mdb_dbi_open(txn, NULL, 0, &self->dbi)) == MDB_SUCCESS && (result = mdb_stat(txn, self->dbi, &status)) == MDB_SUCCESS) {
        result = mdb_get(txn, self->dbi, &name, &data);
        header head;
        if (result == MDB_NOTFOUND && status.ms_entries == 0) {
            uint8_t bytes[HEADER];
            header_write(bytes, TYPE_FORMAT, FORMAT, name, NULL, 0);
            data = (MDB_val){HEADER, bytes};
            result = mdb_put(txn, self->dbi, &name, &data, 0);
        } else if (result == MDB_NOTFOUND) {
            code = common_fail(error, KCM_INVALID, "%.300s is an LMDB environment of something else", self->path);
        } else if (result == MDB_SUCCESS && (!header_read(data, &head) || head.type != TYPE_FORMAT || !header_check(&head, name, data))) {
            code = common_fail(error, KCM_CORRUPT, "%.300s has a format record that is not what was written", self->path);
        } else if (result == MDB_SUCCESS && head.revision > FORMAT) {
            code = common_fail(error, KCM_INVALID, "%.300s was written by a newer version (format %llu, this one reads up to %d)", self->path,
                               (unsigned long long)head.revision, FORMAT);
        }
    }
    if (code != KCM_OK || result != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return code != KCM_OK ? code : lmdb_fail(self, result, "cannot open", error);
    }
    result = mdb_txn_commit(txn);
    return result == MDB_SUCCESS ? KCM_OK : lmdb_fail(self, result, "cannot set up", error);
}

/* A file that was cut off would end the process on the first touch of what is missing. */
static int32_t check_size(store *self, kcm_error *error)
{
    MDB_envinfo info;
    MDB_stat status;
    struct stat file;
    mdb_filehandle_t fd;
    if (mdb_env_info(self->env, &info) != MDB_SUCCESS || mdb_env_stat(self->env, &status) != MDB_SUCCESS ||
        mdb_env_get_fd(self->env, &fd) != MDB_SUCCESS || fstat(fd, &file) != 0) {
        return common_fail(error, KCM_FAILED, "cannot look at %.300s", self->path);
    }
    if (info.me_last_pgno > 1 && (uint64_t)file.st_size < (info.me_last_pgno + 1) * (uint64_t)status.ms_psize) {
        return common_fail(error, KCM_CORRUPT, "%.300s/data.mdb was cut off: it has %lld bytes and should have %llu", self->path,
                           (long long)file.st_size, (unsigned long long)((info.me_last_pgno + 1) * (uint64_t)status.ms_psize));
    }
    return KCM_OK;
}

static void lmdb_close(void *opaque)
{
    store *self = opaque;
    if (self->env != NULL) {
        readers_free(self);
        mdb_env_close(self->env);
    }
    common_drop_lock(self->lock);
    if (self->folder >= 0) {
        close(self->folder);
    }
    pthread_mutex_destroy(&self->moving);
    free(self->revisions);
    free(self->path);
    free(self);
}

static int32_t open_environment(store *self, uint64_t map_size, kcm_error *error)
{
    int result = mdb_env_create(&self->env);
    if (result != MDB_SUCCESS) {
        self->env = NULL;
        return lmdb_fail(self, result, "cannot open", error);
    }
    (void)mdb_env_set_userctx(self->env, self);
    (void)mdb_env_set_assert(self->env, assertion_failed);
    /* NOTLS: a read transaction belongs to its handle, which any thread may take. Commits sync; memory is zeroed before it becomes
     * a page (no NOMEMINIT), since the daemon's memory holds keys. */
    if ((result = mdb_env_set_maxreaders(self->env, READER_TABLE)) != MDB_SUCCESS ||
        (result = mdb_env_set_mapsize(self->env, map_size)) != MDB_SUCCESS ||
        (result = mdb_env_open(self->env, self->path, MDB_NOTLS, 0600)) != MDB_SUCCESS) {
        int32_t code = lmdb_fail(self, result, "cannot open", error);
        return result == EACCES || result == ENOENT || result == EROFS ? KCM_INVALID : code;
    }
    /* LMDB sets that for its lock file and leaves it out here; a program that the daemon starts has no business with its records. */
    mdb_filehandle_t fd;
    if (mdb_env_get_fd(self->env, &fd) == MDB_SUCCESS) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    int32_t code = check_size(self, error);
    if (code == KCM_OK) {
        code = check_format(self, error);
    }
    /* LMDB syncs its file, not the folder that names it. */
    if (code == KCM_OK && fsync(self->folder) != 0) {
        code = common_fail_errno(error, errno, "cannot sync", self->path);
    }
    return code;
}

static int32_t read_sizes(const char *map_size, const char *maximum_size, uint64_t *start, uint64_t *most, kcm_error *error)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    *start = DEFAULT_MAP_SIZE;
    *most = DEFAULT_MAXIMUM_SIZE;
    if (map_size != NULL && (!common_size(map_size, start) || *start < SMALLEST_MAP_SIZE || *start > DEFAULT_MAXIMUM_SIZE)) {
        return common_fail(error, KCM_INVALID, "setting 'map_size' is '%.50s'; it takes 128KiB to 16TiB", map_size);
    }
    if (maximum_size != NULL && (!common_size(maximum_size, most) || *most < SMALLEST_MAP_SIZE || *most > DEFAULT_MAXIMUM_SIZE)) {
        return common_fail(error, KCM_INVALID, "setting 'maximum_size' is '%.50s'; it takes 128KiB to 16TiB", maximum_size);
    }
    *start = *start / page * page;
    *most = *most / page * page;
    if (*start > *most) {
        *start = *most;
    }
    return KCM_OK;
}

static int32_t lmdb_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    const char *path = NULL, *map_size = NULL, *maximum_size = NULL;
    const common_setting known[] = {{"path", &path}, {"map_size", &map_size}, {"maximum_size", &maximum_size}};
    int32_t code = common_settings(settings, count, known, sizeof known / sizeof *known, error);
    if (code != KCM_OK) {
        return code;
    }
    if (path == NULL || *path == '\0' || strlen(path) > 1000) {
        return common_fail(error, KCM_INVALID, "setting 'path', the folder of the store, is missing or too long");
    }
    uint64_t start, most;
    if ((code = read_sizes(map_size, maximum_size, &start, &most, error)) != KCM_OK) {
        return code;
    }
    store *self = aligned_alloc(_Alignof(store), sizeof *self);
    if (self == NULL) {
        return common_fail(error, KCM_FAILED, "out of memory");
    }
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->moving, NULL);
    self->host = host;
    self->folder = self->lock = -1;
    self->maximum_size = most;
    self->path = strdup(path);
    self->revisions = calloc(MAXIMUM_BATCH, sizeof *self->revisions);
    if (self->path == NULL || self->revisions == NULL) {
        code = common_fail(error, KCM_FAILED, "out of memory");
    } else if ((code = common_open_folder(path, &self->folder, error)) == KCM_OK &&
               (code = common_take_lock(self->folder, "lock", self->path, &self->lock, error)) == KCM_OK) {
        code = open_environment(self, start, error);
    }
    if (code != KCM_OK) {
        lmdb_close(self);
        return code;
    }
    *out = self;
    return KCM_OK;
}

static void lmdb_limits(void *opaque, kcm_store_limits *limits)
{
    (void)opaque;
    limits->maximum_batch = MAXIMUM_BATCH;
    limits->maximum_key = MAXIMUM_KEY;
    limits->maximum_value = MAXIMUM_VALUE;
}

static const kcm_store_verify verify = {.struct_size = sizeof verify, .verify = lmdb_verify};

static const void *lmdb_get_extension(void *opaque, const char *id)
{
    (void)opaque;
    return strcmp(id, KCM_STORE_VERIFY) == 0 ? &verify : NULL;
}

static const kcm_store_functions functions = {
    .struct_size = sizeof functions,
    .open = lmdb_open,
    .close = lmdb_close,
    .limits = lmdb_limits,
    .get = lmdb_get,
    .commit = lmdb_commit,
    .scan = lmdb_scan,
    .namespaces = lmdb_namespaces,
    .statistics = lmdb_statistics,
    .health = lmdb_health,
    .get_extension = lmdb_get_extension,
};

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_ONE_WRITER,
    .capabilities = KCM_CAP_STORE | KCM_CAP_DURABLE,
    .name = "lmdb",
    .version = "1.0.0",
    .vendor = "OpenKCM",
    .description = "Keeps records in an LMDB environment, durable on return; reads are never held up by writes",
    .store = &functions,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
    return &descriptor;
}
