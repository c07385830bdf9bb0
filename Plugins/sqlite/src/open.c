/* Opening and closing: the lock, the connections, the schema, the statements. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MILLISECONDS 5000

#define EACH_NAMESPACE \
    "WITH RECURSIVE each(name_space) AS (SELECT min(name_space) FROM entry UNION ALL" \
    " SELECT (SELECT min(name_space) FROM entry WHERE name_space > each.name_space) FROM each WHERE each.name_space IS NOT NULL) "

static const char *const read_sql[READ_STATEMENTS] = {
    [GET] = "SELECT value, revision FROM entry WHERE name_space = ?1 AND key = ?2",
    [SCAN] = "SELECT key, value, revision FROM entry WHERE name_space = ?1 AND key >= ?2 ORDER BY key LIMIT ?3",
    [SCAN_BEHIND] = "SELECT key, value, revision FROM entry WHERE name_space = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
    /* One seek for each namespace; DISTINCT would read every entry. */
    [NAMESPACES] = EACH_NAMESPACE "SELECT name_space FROM each WHERE name_space IS NOT NULL",
    [COUNT] = EACH_NAMESPACE "SELECT (SELECT count(name_space) FROM each), (SELECT count(*) FROM entry)",
};

static const char *const write_sql[WRITE_STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT_ANY] = "INSERT INTO entry VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET value = excluded.value, revision = revision + 1",
    [PUT_ABSENT] = "INSERT INTO entry VALUES (?1, ?2, ?3, 1) ON CONFLICT DO NOTHING",
    [RESTORE] = "INSERT INTO entry VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    [PUT_REVISION] = "UPDATE entry SET value = ?3, revision = revision + 1 WHERE name_space = ?1 AND key = ?2 AND revision = ?4",
    [REMOVE_ANY] = "DELETE FROM entry WHERE name_space = ?1 AND key = ?2",
    [REMOVE_REVISION] = "DELETE FROM entry WHERE name_space = ?1 AND key = ?2 AND revision = ?4",
    [REVISION] = "SELECT revision FROM entry WHERE name_space = ?1 AND key = ?2",
};

#define TABLE \
    "CREATE TABLE entry (name_space BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL," \
    " PRIMARY KEY (name_space, key));"

/* What brings schema `n` to the newest, in one transaction. */
static const char *const upgrades[SCHEMA_VERSION] = {
    [0] = "BEGIN IMMEDIATE;" TABLE "PRAGMA user_version = 2; COMMIT",
    [1] = "BEGIN IMMEDIATE; ALTER TABLE entry RENAME TO entry_1;" TABLE
          "INSERT INTO entry SELECT name_space, key, value, revision FROM entry_1; DROP TABLE entry_1; PRAGMA user_version = 2; COMMIT",
};

static int execute(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int32_t sqlite_connect(const store *self, int flags, sqlite3 **db, kcm_error *error)
{
    /* NOMUTEX: every connection is used by one thread at a time, which the list of idle readers and the host see to. */
    if (sqlite3_open_v2(self->path, db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return sqlite_fail(self, *db, "cannot open", error);
    }
    sqlite3_busy_timeout(*db, BUSY_TIMEOUT_MILLISECONDS);
    return KCM_OK;
}

static int32_t prepare(store *self, sqlite3 *db, const char *const *sql, int count, sqlite3_stmt **statements, kcm_error *error)
{
    for (int i = 0; i < count; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], NULL) != SQLITE_OK) {
            return sqlite_fail(self, db, "cannot use", error);
        }
    }
    return KCM_OK;
}

static int32_t set_up_schema(store *self, kcm_error *error)
{
    int version = sqlite_number(self->writer, "PRAGMA user_version");
    if (version < 0) {
        return sqlite_fail(self, self->writer, "cannot read", error);
    }
    if (version > SCHEMA_VERSION) {
        return common_fail(error, KCM_INVALID, "%.300s was written by a newer version (schema %d, this one reads up to %d)", self->path, version,
                           SCHEMA_VERSION);
    }
    if (version < SCHEMA_VERSION && execute(self->writer, upgrades[version]) != SQLITE_OK) {
        int32_t code = sqlite_fail(self, self->writer, "cannot set up", error);
        (void)execute(self->writer, "ROLLBACK");
        return code;
    }
    return KCM_OK;
}

static int32_t open_writer(store *self, kcm_error *error)
{
    int32_t code = sqlite_connect(self, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &self->writer, error);
    if (code != KCM_OK) {
        return code;
    }
    if (execute(self->writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                              " PRAGMA cache_size = -16384") != SQLITE_OK) {
        return sqlite_fail(self, self->writer, "cannot use", error);
    }
    if (sqlite_number(self->writer, "PRAGMA synchronous") != 2) {
        return common_fail(error, KCM_FAILED, "%.300s does not take synchronous=FULL; commits would not be durable", self->path);
    }
    code = set_up_schema(self, error);
    return code == KCM_OK ? prepare(self, self->writer, write_sql, WRITE_STATEMENTS, self->statements, error) : code;
}

/* One daemon a file: two would each believe in its own cache. */
static int32_t take_lock(store *self, kcm_error *error)
{
    char path[1100];
    snprintf(path, sizeof path, "%s.lock", self->path);
    return common_take_lock(AT_FDCWD, path, self->path, &self->lock, error);
}

void sqlite_close(void *opaque)
{
    store *self = opaque;
    stop_checkpoints(self);
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
    common_drop_lock(self->lock);
    if (self->folder >= 0) {
        close(self->folder);
    }
    pthread_mutex_destroy(&self->mutex);
    pthread_mutex_destroy(&self->pass);
    pthread_cond_destroy(&self->returned);
    pthread_cond_destroy(&self->filled);
    free(self->path);
    free(self);
}

static int32_t open_folder(store *self, kcm_error *error)
{
    char folder[1100];
    const char *slash = strrchr(self->path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : slash == self->path ? 1 : (int)(slash - self->path),
             slash == NULL ? "." : self->path);
    self->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->folder < 0) {
        common_fail_errno(error, errno, "cannot open the folder", folder);
        return KCM_INVALID;
    }
    return KCM_OK;
}

static int32_t open_all(store *self, kcm_error *error)
{
    int32_t code;
    if ((code = open_folder(self, error)) != KCM_OK || (code = take_lock(self, error)) != KCM_OK) {
        return code;
    }
    /* SQLite makes its files with the mode of the database: make that 0600 before it does. */
    int fd = open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        common_fail_errno(error, errno, "cannot open", self->path);
        return KCM_INVALID;
    }
    close(fd);
    code = open_writer(self, error);
    for (int r = 0; r < READERS && code == KCM_OK; r++) {
        reader *one = &self->readers[r];
        code = sqlite_connect(self, SQLITE_OPEN_READONLY, &one->db, error);
        if (code == KCM_OK) {
            code = prepare(self, one->db, read_sql, READ_STATEMENTS, one->statements, error);
        }
        one->next = self->idle;
        self->idle = one;
    }
    return code == KCM_OK ? start_checkpoints(self, error) : code;
}

int32_t sqlite_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    const char *path = NULL;
    int32_t code = common_settings(settings, count, (common_setting[]){{"path", &path}}, 1, error);
    if (code != KCM_OK) {
        return code;
    }
    if (path == NULL || *path == '\0' || strlen(path) > 1000) {
        return common_fail(error, KCM_INVALID, "setting 'path', the database file, is missing or too long");
    }
    store *self = calloc(1, sizeof *self);
    if (self == NULL || (self->path = strdup(path)) == NULL) {
        free(self);
        return common_fail(error, KCM_FAILED, "out of memory");
    }
    self->folder = self->lock = -1;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_mutex_init(&self->pass, NULL);
    pthread_cond_init(&self->returned, NULL);
    pthread_cond_init(&self->filled, NULL);
    self->host = host;
    code = open_all(self, error);
    if (code != KCM_OK) {
        sqlite_close(self);
        return code;
    }
    *out = self;
    return KCM_OK;
}
