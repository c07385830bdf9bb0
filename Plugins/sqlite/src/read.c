/* Get, scan, namespaces, each on a connection of its own for as long as it lasts. */
#include "store.h"

reader *take_reader(store *self)
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

void give_back(store *self, reader *one)
{
    pthread_mutex_lock(&self->mutex);
    one->next = self->idle;
    self->idle = one;
    pthread_cond_signal(&self->returned);
    pthread_mutex_unlock(&self->mutex);
}

static kcm_bytes column(sqlite3_stmt *statement, int index)
{
    const void *data = sqlite3_column_blob(statement, index);
    return (kcm_bytes){data, (uint64_t)sqlite3_column_bytes(statement, index)};
}

int32_t sqlite_get(void *opaque, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
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
        result = step == SQLITE_DONE ? KCM_NOT_FOUND : sqlite_fail(self, one->db, "cannot read", error);
    }
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}

int32_t sqlite_scan(void *opaque, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit,
                           kcm_entry_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    kcm_bytes start;
    int behind = common_scan_start(prefix, after, &start);
    reader *one = take_reader(self);
    sqlite3_stmt *statement = one->statements[behind ? SCAN_BEHIND : SCAN];
    bind_bytes(statement, 1, name_space);
    bind_bytes(statement, 2, start);
    sqlite3_bind_int64(statement, 3, limit);
    int32_t result = KCM_OK;
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        kcm_bytes key = column(statement, 0);
        if (!common_starts_with(key.data, key.size, prefix)) {
            break;
        }
        if (sink(context, key, column(statement, 1), (uint64_t)sqlite3_column_int64(statement, 2)) != 0) {
            break;
        }
    }
    if (step != SQLITE_ROW && step != SQLITE_DONE) {
        result = sqlite_fail(self, one->db, "cannot read", error);
    }
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}

int32_t sqlite_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
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
    int32_t result = step == SQLITE_ROW || step == SQLITE_DONE ? KCM_OK : sqlite_fail(self, one->db, "cannot read", error);
    sqlite3_reset(statement);
    give_back(self, one);
    return result;
}
