/* Errors, and what the daemon sees of the plugin. */
#include "store.h"

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

int32_t sqlite_fail(const store *self, sqlite3 *db, const char *what, kcm_error *error)
{
    int sqlite = sqlite3_extended_errcode(db);
    return common_fail(error, code_of(sqlite), "%s %.250s: %.180s (%d)", what, self->path, sqlite3_errmsg(db), sqlite);
}

int sqlite_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int number = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int(statement, 0);
    }
    sqlite3_finalize(statement);
    return number;
}

void bind_bytes(sqlite3_stmt *statement, int index, kcm_bytes bytes)
{
    /* A zero-length blob, not NULL, where data is NULL. */
    if (bytes.size == 0) {
        sqlite3_bind_zeroblob(statement, index, 0);
    } else {
        sqlite3_bind_blob64(statement, index, bytes.data, bytes.size, SQLITE_STATIC);
    }
}

static void sqlite_limits(void *opaque, kcm_store_limits *limits)
{
    (void)opaque;
    limits->maximum_batch = MAXIMUM_BATCH;
    limits->maximum_key = MAXIMUM_KEY;
    limits->maximum_value = MAXIMUM_VALUE;
}

static const kcm_store_verify verify = {.struct_size = sizeof verify, .verify = sqlite_verify};

static const void *sqlite_get_extension(void *opaque, const char *id)
{
    (void)opaque;
    return strcmp(id, KCM_STORE_VERIFY) == 0 ? &verify : NULL;
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
    .get_extension = sqlite_get_extension,
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
