/* Statistics, health, and verifying. */
#include "store.h"

#include <sys/stat.h>

int32_t sqlite_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
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
        result = sqlite_fail(self, one->db, "cannot read", error);
    }
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}

int32_t sqlite_health(void *opaque, kcm_error *error)
{
    store *self = opaque;
    reader *one = take_reader(self);
    int moved = 0;
    int32_t code = KCM_OK;
    if (sqlite_number(one->db, "PRAGMA user_version") != SCHEMA_VERSION) {
        code = sqlite_fail(self, one->db, "cannot read", error);
    } else if (sqlite3_file_control(one->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved) {
        code = common_fail(error, KCM_FAILED, "%.300s was moved or removed while it is in use", self->path);
    }
    give_back(self, one);
    /* A disk that is full or read-only shows in the folder, where the write-ahead log grows. */
    return code == KCM_OK ? common_check_room(self->folder, self->path, error) : code;
}

/* On a connection of its own: readers keep theirs, however long it takes. */
int32_t sqlite_verify(void *opaque, kcm_error *error)
{
    store *self = opaque;
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int32_t code = sqlite_connect(self, SQLITE_OPEN_READONLY, &db, error);
    if (code == KCM_OK) {
        int step = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
        if (step == SQLITE_OK) {
            step = sqlite3_step(statement);
        }
        const char *text = step == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        if (text == NULL) {
            code = sqlite_fail(self, db, "cannot verify", error);
        } else if (strcmp(text, "ok") != 0) {
            code = common_fail(error, KCM_CORRUPT, "%.250s: %.200s", self->path, text);
        }
        sqlite3_finalize(statement);
    }
    if (code == KCM_OK) {
        int wrong = sqlite_number(db, "SELECT count(*) FROM entry WHERE revision < 1 OR typeof(revision) <> 'integer' OR typeof(name_space) <> 'blob'"
                                      " OR typeof(key) <> 'blob' OR typeof(value) <> 'blob'");
        if (wrong < 0) {
            code = sqlite_fail(self, db, "cannot verify", error);
        } else if (wrong > 0) {
            code = common_fail(error, KCM_CORRUPT, "%.300s has %d records that this store did not write", self->path, wrong);
        }
    }
    sqlite3_close(db);
    return code;
}
