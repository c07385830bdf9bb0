/* Commit: one transaction, and so one sync, for a group. One thread at a time, by the thread model. */
#include "store.h"

#include <stdio.h>

/* Runs a write statement. Returns the number of rows changed, or -1. For REVISION: the revision, 0 where there is none. */
static sqlite3_int64 run(store *self, int which, const kcm_batch *batch, const kcm_write *write)
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
    sqlite3_int64 changed = which == REVISION ? step == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0 : sqlite3_changes(self->writer);
    int ok = step == SQLITE_DONE || step == SQLITE_ROW;
    sqlite3_reset(statement);
    return ok ? changed : -1;
}

static int statement_of(const kcm_write *write)
{
    switch (write->operation) {
    case KCM_RESTORE: return RESTORE;
    case KCM_PUT:
        return write->expectation == KCM_EXPECT_ABSENT ? PUT_ABSENT : write->expectation == KCM_EXPECT_REVISION ? PUT_REVISION : PUT_ANY;
    default: return write->expectation == KCM_EXPECT_REVISION ? REMOVE_REVISION : REMOVE_ANY;
    }
}

/* Tests an expectation by itself. */
static int32_t check_write(store *self, const kcm_batch *batch, const kcm_write *write)
{
    sqlite3_int64 revision = run(self, REVISION, batch, write);
    if (revision < 0) {
        return KCM_FAILED;
    }
    return common_expectation_holds(write, (uint64_t)revision) ? KCM_OK : KCM_CONFLICT;
}

static int32_t apply_write(store *self, const kcm_batch *batch, const kcm_write *write)
{
    if (write->operation == KCM_REMOVE && write->expectation == KCM_EXPECT_ABSENT) {
        return check_write(self, batch, write);
    }
    sqlite3_int64 changed = run(self, statement_of(write), batch, write);
    if (changed < 0) {
        return KCM_FAILED;
    }
    return changed == 0 && write->expectation != KCM_EXPECT_ANY ? KCM_CONFLICT : KCM_OK;
}

/* KCM_FAILED where the database failed; nothing was changed for any other code but KCM_OK. Since the keys of a batch are distinct,
 * testing all expectations first is testing each in turn, and no savepoint is needed; a single write tests its own. */
static int32_t apply_batch(store *self, const kcm_batch *batch)
{
    if (batch->write_count > MAXIMUM_BATCH) {
        return KCM_TOO_LARGE;
    }
    int32_t code = KCM_OK;
    for (uint32_t i = 0; i < batch->write_count && code == KCM_OK; i++) {
        const kcm_write *write = &batch->writes[i];
        code = common_check_write(write, MAXIMUM_KEY, MAXIMUM_VALUE);
        if (code == KCM_OK && batch->write_count > 1 && write->expectation != KCM_EXPECT_ANY) {
            code = check_write(self, batch, write);
        }
    }
    for (uint32_t i = 0; i < batch->write_count && code == KCM_OK; i++) {
        code = apply_write(self, batch, &batch->writes[i]);
        if (code == KCM_CONFLICT && batch->write_count > 1) {
            return KCM_FAILED;
        }
    }
    return code;
}

static int32_t abandon(store *self, const char *what, kcm_error *error)
{
    int32_t code = sqlite_fail(self, self->writer, what, error);
    if (!sqlite3_get_autocommit(self->writer)) {
        (void)run(self, ROLLBACK, NULL, NULL);
    }
    return code;
}

/* The frames of a commit whose sync failed are whole in the log, and an opening after a crash would take them for committed. The smallest of
 * commits is written over them; whether its own sync succeeds does not matter for that. */
static void bury(store *self)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA user_version = %d", SCHEMA_VERSION);
    (void)sqlite3_exec(self->writer, text, NULL, NULL, NULL);
}

static int32_t commit_group(store *self, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    if (run(self, BEGIN, NULL, NULL) < 0) {
        return abandon(self, "cannot write", error);
    }
    for (uint32_t i = 0; i < count; i++) {
        batches[i].result = apply_batch(self, &batches[i]);
        if (batches[i].result == KCM_FAILED) {
            return abandon(self, "cannot write", error);
        }
    }
    if (run(self, COMMIT, NULL, NULL) < 0) {
        int32_t code = abandon(self, "cannot commit to", error);
        bury(self);
        return code;
    }
    return KCM_OK;
}

int32_t sqlite_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    store *self = opaque;
    int32_t code = commit_group(self, batches, count, error);
    if (code != KCM_FULL || count < 2) {
        return code;
    }
    /* Together they have no room; each by itself may have, and removing makes some. */
    for (uint32_t i = 0; i < count; i++) {
        code = commit_group(self, &batches[i], 1, error);
        if (code != KCM_OK) {
            batches[i].result = code;
        }
    }
    return KCM_OK;
}
