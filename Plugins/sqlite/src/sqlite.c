/*
 * sqlite: the default store. One table, WAL, synchronous=FULL; one connection writes, a few read beside it.
 */
#include <kcm/kcm_plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMA_VERSION 1
#define MAXIMUM_KEY 1024
#define MAXIMUM_VALUE (16u << 20)
#define MAXIMUM_BATCH 4096
#define READERS 4
#define BUSY_TIMEOUT_MILLISECONDS 5000

#define EACH_NAMESPACE \
    "WITH RECURSIVE each(name_space) AS (SELECT min(name_space) FROM entry UNION ALL" \
    " SELECT (SELECT min(name_space) FROM entry WHERE name_space > each.name_space) FROM each WHERE each.name_space IS NOT NULL) "

enum { GET, SCAN, SCAN_BEHIND, NAMESPACES, COUNT, READ_STATEMENTS };
static const char *const read_sql[READ_STATEMENTS] = {
    [GET] = "SELECT value, revision FROM entry WHERE name_space = ?1 AND key = ?2",
    [SCAN] = "SELECT key, value, revision FROM entry WHERE name_space = ?1 AND key >= ?2 ORDER BY key LIMIT ?3",
    [SCAN_BEHIND] = "SELECT key, value, revision FROM entry WHERE name_space = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
    /* One seek for each namespace; DISTINCT would read every entry. */
    [NAMESPACES] = EACH_NAMESPACE "SELECT name_space FROM each WHERE name_space IS NOT NULL",
    [COUNT] = EACH_NAMESPACE "SELECT (SELECT count(name_space) FROM each), (SELECT count(*) FROM entry)",
};

enum { BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, UNDO, PUT_ANY, PUT_ABSENT, PUT_REVISION, RESTORE, REMOVE_ANY, REMOVE_REVISION, REVISION, WRITE_STATEMENTS };
static const char *const write_sql[WRITE_STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [SAVEPOINT] = "SAVEPOINT batch",
    [RELEASE] = "RELEASE batch",
    [UNDO] = "ROLLBACK TO batch",
    [PUT_ANY] = "INSERT INTO entry VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET value = excluded.value, revision = revision + 1",
    [PUT_ABSENT] = "INSERT INTO entry VALUES (?1, ?2, ?3, 1) ON CONFLICT DO NOTHING",
    [RESTORE] = "INSERT INTO entry VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    [PUT_REVISION] = "UPDATE entry SET value = ?3, revision = revision + 1 WHERE name_space = ?1 AND key = ?2 AND revision = ?4",
    [REMOVE_ANY] = "DELETE FROM entry WHERE name_space = ?1 AND key = ?2",
    [REMOVE_REVISION] = "DELETE FROM entry WHERE name_space = ?1 AND key = ?2 AND revision = ?4",
    [REVISION] = "SELECT revision FROM entry WHERE name_space = ?1 AND key = ?2",
};

typedef struct reader {
    sqlite3 *db;
    sqlite3_stmt *statements[READ_STATEMENTS];
    struct reader *next; /* in the list of idle ones */
} reader;

typedef struct store {
    char *path;
    int lock; /* descriptor of path.lock, held for the life of the store */
    sqlite3 *writer;
    sqlite3_stmt *statements[WRITE_STATEMENTS];
    reader readers[READERS];
    reader *idle;
    pthread_mutex_t mutex;
    pthread_cond_t returned;
} store;

/* ---- Errors ---- */

static int32_t code_of(int sqlite)
{
    switch (sqlite & 0xFF) {
    case SQLITE_FULL: return KCM_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return KCM_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return KCM_UNAVAILABLE;
    case SQLITE_TOOBIG: return KCM_TOO_LARGE;
    default: return KCM_FAILED;
    }
}

static int32_t fail(const store *self, sqlite3 *db, const char *what, kcm_error *error)
{
    int sqlite = sqlite3_extended_errcode(db);
    snprintf(error->text, sizeof error->text, "%s %.250s: %.180s (%d)", what, self->path, sqlite3_errmsg(db), sqlite);
    return code_of(sqlite);
}

/* ---- Opening ---- */

static int execute(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int read_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int number = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int(statement, 0);
    }
    sqlite3_finalize(statement);
    return number;
}

static int32_t open_connection(store *self, int flags, sqlite3 **db, kcm_error *error)
{
    /* NOMUTEX: every connection is used by one thread at a time, which the list of idle readers and the host see to. */
    if (sqlite3_open_v2(self->path, db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return fail(self, *db, "cannot open", error);
    }
    sqlite3_busy_timeout(*db, BUSY_TIMEOUT_MILLISECONDS);
    return KCM_OK;
}

static int32_t prepare(store *self, sqlite3 *db, const char *const *sql, int count, sqlite3_stmt **statements, kcm_error *error)
{
    for (int i = 0; i < count; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], NULL) != SQLITE_OK) {
            return fail(self, db, "cannot use", error);
        }
    }
    return KCM_OK;
}

static int32_t open_writer(store *self, kcm_error *error)
{
    int32_t result = open_connection(self, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &self->writer, error);
    if (result != KCM_OK) {
        return result;
    }
    if (execute(self->writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON") != SQLITE_OK) {
        return fail(self, self->writer, "cannot use", error);
    }
    if (read_number(self->writer, "PRAGMA synchronous") != 2) {
        snprintf(error->text, sizeof error->text, "%.300s does not take synchronous=FULL; commits would not be durable", self->path);
        return KCM_FAILED;
    }
    int version = read_number(self->writer, "PRAGMA user_version");
    if (version > SCHEMA_VERSION) {
        snprintf(error->text, sizeof error->text, "%.300s was written by a newer version (schema %d, this one reads up to %d)", self->path,
                 version, SCHEMA_VERSION);
        return KCM_INVALID;
    }
    if (version < 0) {
        return fail(self, self->writer, "cannot read", error);
    }
    if (version == 0 && execute(self->writer, "BEGIN IMMEDIATE;"
                                              "CREATE TABLE entry (name_space BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
                                              " revision INTEGER NOT NULL, PRIMARY KEY (name_space, key)) WITHOUT ROWID;"
                                              "PRAGMA user_version = 1; COMMIT") != SQLITE_OK) {
        return fail(self, self->writer, "cannot set up", error);
    }
    return prepare(self, self->writer, write_sql, WRITE_STATEMENTS, self->statements, error);
}

/* One daemon a file: two would each believe in its own cache. */
static int32_t take_lock(store *self, kcm_error *error)
{
    char path[1100];
    snprintf(path, sizeof path, "%s.lock", self->path);
    self->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (self->lock < 0) {
        snprintf(error->text, sizeof error->text, "cannot make %.300s: %s", path, strerror(errno));
        return KCM_INVALID;
    }
    if (flock(self->lock, LOCK_EX | LOCK_NB) != 0) {
        snprintf(error->text, sizeof error->text, "%.300s is in use by another process", self->path);
        return KCM_UNAVAILABLE;
    }
    return KCM_OK;
}

static void sqlite_close(void *opaque)
{
    store *self = opaque;
    for (int r = 0; r < READERS; r++) {
        for (int i = 0; i < READ_STATEMENTS; i++) {
            sqlite3_finalize(self->readers[r].statements[i]);
        }
        sqlite3_close(self->readers[r].db);
    }
    for (int i = 0; i < WRITE_STATEMENTS; i++) {
        sqlite3_finalize(self->statements[i]);
    }
    sqlite3_close(self->writer);
    if (self->lock >= 0) {
        /* Unlocked by name: a child that was forked a moment ago and has not called exec yet would keep the lock alive. */
        flock(self->lock, LOCK_UN);
        close(self->lock);
    }
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->returned);
    free(self->path);
    free(self);
}

static int32_t open_all(store *self, kcm_error *error)
{
    int32_t result = take_lock(self, error);
    if (result != KCM_OK) {
        return result;
    }
    /* SQLite makes its files with the mode of the database: make that 0600 before it does. */
    int fd = open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(error->text, sizeof error->text, "cannot open %.300s: %s", self->path, strerror(errno));
        return KCM_INVALID;
    }
    close(fd);
    result = open_writer(self, error);
    for (int r = 0; r < READERS && result == KCM_OK; r++) {
        reader *one = &self->readers[r];
        result = open_connection(self, SQLITE_OPEN_READONLY, &one->db, error);
        if (result == KCM_OK) {
            result = prepare(self, one->db, read_sql, READ_STATEMENTS, one->statements, error);
        }
        one->next = self->idle;
        self->idle = one;
    }
    return result;
}

static int32_t sqlite_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    (void)host;
    const char *path = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(settings[i].key, "path") == 0) {
            path = settings[i].value;
        } else {
            snprintf(error->text, sizeof error->text, "setting '%.100s' is not known; there is 'path'", settings[i].key);
            return KCM_INVALID;
        }
    }
    if (path == NULL || *path == '\0' || strlen(path) > 1000) {
        snprintf(error->text, sizeof error->text, "setting 'path', the database file, is missing or too long");
        return KCM_INVALID;
    }
    store *self = calloc(1, sizeof *self);
    if (self == NULL || (self->path = strdup(path)) == NULL) {
        free(self);
        snprintf(error->text, sizeof error->text, "out of memory");
        return KCM_FAILED;
    }
    self->lock = -1;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->returned, NULL);
    int32_t result = open_all(self, error);
    if (result != KCM_OK) {
        sqlite_close(self);
        return result;
    }
    *out = self;
    return KCM_OK;
}

static void sqlite_limits(void *opaque, kcm_store_limits *limits)
{
    (void)opaque;
    limits->maximum_batch = MAXIMUM_BATCH;
    limits->maximum_key = MAXIMUM_KEY;
    limits->maximum_value = MAXIMUM_VALUE;
}

/* ---- Reading ---- */

static reader *take_reader(store *self)
{
    pthread_mutex_lock(&self->mutex);
    while (self->idle == NULL) {
        pthread_cond_wait(&self->returned, &self->mutex);
    }
    reader *one = self->idle;
    self->idle = one->next;
    pthread_mutex_unlock(&self->mutex);
    return one;
}

static void give_back(store *self, reader *one)
{
    pthread_mutex_lock(&self->mutex);
    one->next = self->idle;
    self->idle = one;
    pthread_cond_signal(&self->returned);
    pthread_mutex_unlock(&self->mutex);
}

static void bind_bytes(sqlite3_stmt *statement, int index, kcm_bytes bytes)
{
    /* A zero-length blob, not NULL, where data is NULL. */
    if (bytes.size == 0) {
        sqlite3_bind_zeroblob(statement, index, 0);
    } else {
        sqlite3_bind_blob64(statement, index, bytes.data, bytes.size, SQLITE_STATIC);
    }
}

static kcm_bytes column(sqlite3_stmt *statement, int index)
{
    const void *data = sqlite3_column_blob(statement, index);
    return (kcm_bytes){data, (uint64_t)sqlite3_column_bytes(statement, index)};
}

static int32_t sqlite_get(void *opaque, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    reader *one = take_reader(self);
    sqlite3_stmt *statement = one->statements[GET];
    bind_bytes(statement, 1, name_space);
    bind_bytes(statement, 2, key);
    int step = sqlite3_step(statement);
    int32_t result = KCM_OK;
    if (step == SQLITE_ROW) {
        sink(context, column(statement, 0), (uint64_t)sqlite3_column_int64(statement, 1));
    } else {
        result = step == SQLITE_DONE ? KCM_NOT_FOUND : fail(self, one->db, "cannot read", error);
    }
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}

static int32_t sqlite_scan(void *opaque, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit,
                           kcm_entry_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    /* A cursor that lies before the prefix starts at the prefix. */
    int behind = 0;
    if (after != NULL) {
        uint64_t common = after->size < prefix.size ? after->size : prefix.size;
        int order = common > 0 ? memcmp(after->data, prefix.data, common) : 0;
        behind = order > 0 || (order == 0 && after->size >= prefix.size);
    }
    reader *one = take_reader(self);
    sqlite3_stmt *statement = one->statements[behind ? SCAN_BEHIND : SCAN];
    bind_bytes(statement, 1, name_space);
    bind_bytes(statement, 2, behind ? *after : prefix);
    sqlite3_bind_int64(statement, 3, limit);
    int32_t result = KCM_OK;
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        kcm_bytes key = column(statement, 0);
        if (key.size < prefix.size || (prefix.size > 0 && memcmp(key.data, prefix.data, prefix.size) != 0)) {
            break;
        }
        if (sink(context, key, column(statement, 1), (uint64_t)sqlite3_column_int64(statement, 2)) != 0) {
            break;
        }
    }
    if (step != SQLITE_ROW && step != SQLITE_DONE) {
        result = fail(self, one->db, "cannot read", error);
    }
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}

static int32_t sqlite_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    reader *one = take_reader(self);
    sqlite3_stmt *statement = one->statements[NAMESPACES];
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        if (sink(context, column(statement, 0)) != 0) {
            break;
        }
    }
    int32_t result = step == SQLITE_ROW || step == SQLITE_DONE ? KCM_OK : fail(self, one->db, "cannot read", error);
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}

static int32_t sqlite_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    store *self = opaque;
    reader *one = take_reader(self);
    sqlite3_stmt *statement = one->statements[COUNT];
    int32_t result = KCM_OK;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        statistics->namespaces = (uint64_t)sqlite3_column_int64(statement, 0);
        statistics->entries = (uint64_t)sqlite3_column_int64(statement, 1);
        struct stat status;
        statistics->bytes = stat(self->path, &status) == 0 ? (uint64_t)status.st_size : 0;
    } else {
        result = fail(self, one->db, "cannot read", error);
    }
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}

static int32_t sqlite_health(void *opaque, kcm_error *error)
{
    store *self = opaque;
    reader *one = take_reader(self);
    int32_t result = read_number(one->db, "SELECT 1") == 1 ? KCM_OK : fail(self, one->db, "cannot read", error);
    give_back(self, one);
    return result;
}

/* ---- Writing: one thread at a time, by the thread model ---- */

/* Runs a write statement. Returns the number of rows changed, or -1. */
static int run(store *self, int which, const kcm_batch *batch, const kcm_write *write)
{
    sqlite3_stmt *statement = self->statements[which];
    if (batch != NULL) {
        bind_bytes(statement, 1, batch->name_space);
        bind_bytes(statement, 2, write->key);
        if (which == PUT_ANY || which == PUT_ABSENT || which == PUT_REVISION || which == RESTORE) {
            bind_bytes(statement, 3, write->value);
        }
        if (which == PUT_REVISION || which == REMOVE_REVISION || which == RESTORE) {
            sqlite3_bind_int64(statement, 4, (sqlite3_int64)write->revision);
        }
    }
    int step = sqlite3_step(statement);
    int changed = sqlite3_changes(self->writer);
    int ok = step == SQLITE_DONE || step == SQLITE_ROW;
    if (which == REVISION) {
        changed = step == SQLITE_ROW;
    }
    sqlite3_reset(statement);
    return ok ? changed : -1;
}

static int32_t apply_write(store *self, const kcm_batch *batch, const kcm_write *write)
{
    if (write->key.size > MAXIMUM_KEY || (write->operation != KCM_REMOVE && write->value.size > MAXIMUM_VALUE)) {
        return KCM_TOO_LARGE;
    }
    if (write->expectation > KCM_EXPECT_REVISION) {
        return KCM_INVALID;
    }
    int changed;
    if (write->operation == KCM_RESTORE) {
        if (write->expectation != KCM_EXPECT_ABSENT || write->revision == 0 || write->revision > INT64_MAX) {
            return KCM_INVALID;
        }
        changed = run(self, RESTORE, batch, write);
    } else if (write->operation == KCM_PUT) {
        changed = run(self, write->expectation == KCM_EXPECT_ABSENT     ? PUT_ABSENT
                            : write->expectation == KCM_EXPECT_REVISION ? PUT_REVISION
                                                                        : PUT_ANY, batch, write);
    } else if (write->operation == KCM_REMOVE && write->expectation == KCM_EXPECT_ABSENT) {
        changed = run(self, REVISION, batch, write);
        return changed < 0 ? KCM_FAILED : changed > 0 ? KCM_CONFLICT : KCM_OK;
    } else if (write->operation == KCM_REMOVE) {
        changed = run(self, write->expectation == KCM_EXPECT_REVISION ? REMOVE_REVISION : REMOVE_ANY, batch, write);
    } else {
        return KCM_INVALID;
    }
    if (changed < 0) {
        return KCM_FAILED;
    }
    return changed == 0 && write->expectation != KCM_EXPECT_ANY ? KCM_CONFLICT : KCM_OK;
}

static int32_t apply_batch(store *self, const kcm_batch *batch)
{
    if (batch->write_count > MAXIMUM_BATCH) {
        return KCM_TOO_LARGE;
    }
    for (uint32_t i = 0; i < batch->write_count; i++) {
        int32_t result = apply_write(self, batch, &batch->writes[i]);
        if (result != KCM_OK) {
            return result;
        }
    }
    return KCM_OK;
}

static int32_t abandon(store *self, const char *what, kcm_error *error)
{
    int32_t result = fail(self, self->writer, what, error);
    if (!sqlite3_get_autocommit(self->writer)) {
        (void)run(self, ROLLBACK, NULL, NULL);
    }
    return result == KCM_OK ? KCM_FAILED : result;
}

static int32_t sqlite_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    store *self = opaque;
    if (run(self, BEGIN, NULL, NULL) < 0) {
        return abandon(self, "cannot write", error);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (run(self, SAVEPOINT, NULL, NULL) < 0) {
            return abandon(self, "cannot write", error);
        }
        batches[i].result = apply_batch(self, &batches[i]);
        if (batches[i].result == KCM_FAILED) {
            return abandon(self, "cannot write", error);
        }
        if ((batches[i].result != KCM_OK && run(self, UNDO, NULL, NULL) < 0) || run(self, RELEASE, NULL, NULL) < 0) {
            return abandon(self, "cannot write", error);
        }
    }
    if (run(self, COMMIT, NULL, NULL) < 0) {
        return abandon(self, "cannot commit to", error);
    }
    return KCM_OK;
}

static const kcm_store_functions functions = {
    .struct_size = sizeof functions,
    .open = sqlite_open,
    .close = sqlite_close,
    .limits = sqlite_limits,
    .get = sqlite_get,
    .commit = sqlite_commit,
    .scan = sqlite_scan,
    .namespaces = sqlite_namespaces,
    .statistics = sqlite_statistics,
    .health = sqlite_health,
};

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_ONE_WRITER,
    .capabilities = KCM_CAP_STORE | KCM_CAP_DURABLE,
    .name = "sqlite",
    .version = "1.0.0",
    .vendor = "OpenKCM",
    .description = "Keeps records in one SQLite file, durable on return",
    .store = &functions,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
    return &descriptor;
}
