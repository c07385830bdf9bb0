/*
 * What SQLite and LMDB give a C program that calls them directly, beside what the plugins give through the ABI: the same records (1 KiB),
 * the same keys, the same durability, in one thread.
 *
 *   cc -std=gnu11 -O2 -I plugin-sdk/include scripts/bench-ceilings.c -o bench-ceilings -lsqlite3 -llmdb
 *   ./bench-ceilings FOLDER [RECORDS] [PLUGIN.so ...]
 *
 * FOLDER is where the stores are made (and left); RECORDS is 1000 by default. A line has the operations a second of: put (one record a
 * commit), grouped (64 a commit), get (random), scan (pages of 100). Puts are the median of five parts by the clock on the wall; reads are by
 * CPU time, since nothing of theirs waits.
 */
#include <dlfcn.h>
#include <kcm/kcm_plugin.h>
#include <lmdb.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define VALUE 1024
#define KEY 24
#define GROUP 64
#define PAGE 100
#define SINGLES 500
#define GETS 200000

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench-ceilings: %s failed\n", what);
        exit(1);
    }
}

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Keys in no order, as blinded and random identifiers are; the same ones in every run. */
static void make_key(uint32_t number, uint8_t key[KEY])
{
    uint64_t state = number + 1;
    for (int i = 0; i < KEY; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        key[i] = (uint8_t)(state >> 56);
    }
    memcpy(key + KEY - 4, &number, 4);
}

static uint8_t value[VALUE];
static uint8_t copy[VALUE];

/* One way to store. `put` commits `count` records from `first` on; `scan` hands a page behind `after` and gives its size. */
typedef struct way {
    const char *name;
    void (*put)(uint32_t first, uint32_t count);
    void (*get)(const uint8_t key[KEY]);
    uint32_t (*scan)(uint8_t after[KEY], int from_start);
} way;

#define PARTS 5

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Puts the records from `first` to `end`, `count` a commit. Returns the median of the parts, in records a second. */
static double put_all(const way *one, uint32_t first, uint32_t end, uint32_t count)
{
    double rates[PARTS];
    uint32_t part = (end - first + PARTS - 1) / PARTS;
    for (int p = 0; p < PARTS; p++) {
        uint32_t at = first + part * (uint32_t)p, stop = at + part < end ? at + part : end, put = 0;
        double began = now(CLOCK_MONOTONIC);
        for (uint32_t i = at; i < stop; i += count) {
            uint32_t size = stop - i < count ? stop - i : count;
            one->put(i, size);
            put += size;
        }
        rates[p] = put / (now(CLOCK_MONOTONIC) - began);
    }
    qsort(rates, PARTS, sizeof *rates, ascending);
    return rates[PARTS / 2];
}

static void measure(const way *one, uint32_t records)
{
    for (int i = 0; i < VALUE; i++) {
        value[i] = (uint8_t)(i * 7);
    }
    uint32_t singles = SINGLES < records ? SINGLES : records;
    double put = put_all(one, 0, singles, 1);
    double group = put_all(one, singles, records, GROUP);
    uint8_t key[KEY];
    uint32_t at = 12345;
    double began = now(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < GETS; i++) {
        at = at * 1664525 + 1013904223;
        make_key(at % records, key);
        one->get(key);
    }
    double get = GETS / (now(CLOCK_THREAD_CPUTIME_ID) - began);
    began = now(CLOCK_THREAD_CPUTIME_ID);
    uint32_t seen = 0;
    for (uint32_t got = PAGE; got == PAGE; seen += got) {
        got = one->scan(key, seen == 0);
    }
    double scan = seen / (now(CLOCK_THREAD_CPUTIME_ID) - began);
    check(seen == records, "counting what a scan gives");
    printf("%-24s %9u %9.0f %9.0f %9.0f %9.0f\n", one->name, records, put, group, get, scan);
    fflush(stdout);
}

/* ---- SQLite ---- */

static sqlite3 *db;
static sqlite3_stmt *put_statement, *get_statement, *scan_statement;

static void sqlite_put(uint32_t first, uint32_t count)
{
    if (count > 1) {
        check(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, "begin");
    }
    for (uint32_t i = first; i < first + count; i++) {
        uint8_t key[KEY];
        make_key(i, key);
        sqlite3_bind_blob(put_statement, 1, "acme", 4, SQLITE_STATIC);
        sqlite3_bind_blob(put_statement, 2, key, KEY, SQLITE_STATIC);
        sqlite3_bind_blob(put_statement, 3, value, VALUE, SQLITE_STATIC);
        check(sqlite3_step(put_statement) == SQLITE_DONE, "put");
        sqlite3_reset(put_statement);
    }
    if (count > 1) {
        check(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
    }
}

static void sqlite_get(const uint8_t key[KEY])
{
    sqlite3_bind_blob(get_statement, 1, "acme", 4, SQLITE_STATIC);
    sqlite3_bind_blob(get_statement, 2, key, KEY, SQLITE_STATIC);
    check(sqlite3_step(get_statement) == SQLITE_ROW, "get");
    memcpy(copy, sqlite3_column_blob(get_statement, 0), (size_t)sqlite3_column_bytes(get_statement, 0));
    sqlite3_reset(get_statement);
}

static uint32_t sqlite_scan(uint8_t after[KEY], int from_start)
{
    uint8_t start[KEY];
    memcpy(start, after, KEY);
    sqlite3_bind_blob(scan_statement, 1, "acme", 4, SQLITE_STATIC);
    sqlite3_bind_blob(scan_statement, 2, start, from_start ? 0 : KEY, SQLITE_STATIC);
    sqlite3_bind_int(scan_statement, 3, PAGE);
    uint32_t count = 0;
    for (; sqlite3_step(scan_statement) == SQLITE_ROW; count++) {
        memcpy(after, sqlite3_column_blob(scan_statement, 0), KEY);
        memcpy(copy, sqlite3_column_blob(scan_statement, 1), VALUE);
    }
    sqlite3_reset(scan_statement);
    return count;
}

static void run_sqlite(const char *folder, uint32_t records, const char *name, const char *table)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s.sqlite", folder, name);
    check(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK, "open");
    check(sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_exec(db, table, NULL, NULL, NULL) == SQLITE_OK, "making a table");
    check(sqlite3_prepare_v2(db, "INSERT INTO entry VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET value = excluded.value, revision = revision + 1",
                             -1, &put_statement, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(db, "SELECT value, revision FROM entry WHERE name_space = ?1 AND key = ?2", -1, &get_statement, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(db, "SELECT key, value, revision FROM entry WHERE name_space = ?1 AND key > ?2 ORDER BY key LIMIT ?3", -1,
                                 &scan_statement, NULL) == SQLITE_OK, "preparing");
    measure(&(way){name, sqlite_put, sqlite_get, sqlite_scan}, records);
    sqlite3_finalize(put_statement);
    sqlite3_finalize(get_statement);
    sqlite3_finalize(scan_statement);
    sqlite3_close(db);
}

/* ---- LMDB ---- */

static MDB_env *env;
static MDB_dbi dbi;
static MDB_txn *reading;
static MDB_cursor *cursor;

static void lmdb_put(uint32_t first, uint32_t count)
{
    MDB_txn *txn;
    check(mdb_txn_begin(env, NULL, 0, &txn) == 0, "begin");
    for (uint32_t i = first; i < first + count; i++) {
        uint8_t key[4 + KEY] = "acme";
        make_key(i, key + 4);
        MDB_val name = {sizeof key, key}, data = {VALUE, value};
        check(mdb_put(txn, dbi, &name, &data, 0) == 0, "put");
    }
    check(mdb_txn_commit(txn) == 0, "commit");
}

static void lmdb_get(const uint8_t key[KEY])
{
    uint8_t full[4 + KEY] = "acme";
    memcpy(full + 4, key, KEY);
    MDB_val name = {sizeof full, full}, data;
    check(mdb_txn_renew(reading) == 0 && mdb_get(reading, dbi, &name, &data) == 0, "get");
    memcpy(copy, data.mv_data, data.mv_size);
    mdb_txn_reset(reading);
}

static uint32_t lmdb_scan(uint8_t after[KEY], int from_start)
{
    uint8_t full[4 + KEY] = "acme";
    memcpy(full + 4, after, KEY);
    MDB_val name = {from_start ? 4 : sizeof full, full}, data;
    check(mdb_txn_renew(reading) == 0 && mdb_cursor_renew(reading, cursor) == 0, "scan");
    int result = mdb_cursor_get(cursor, &name, &data, MDB_SET_RANGE);
    if (result == 0 && !from_start) {
        result = mdb_cursor_get(cursor, &name, &data, MDB_NEXT);
    }
    uint32_t count = 0;
    while (result == 0) {
        memcpy(after, (uint8_t *)name.mv_data + 4, KEY);
        memcpy(copy, data.mv_data, data.mv_size);
        if (++count == PAGE) {
            break;
        }
        result = mdb_cursor_get(cursor, &name, &data, MDB_NEXT);
    }
    mdb_txn_reset(reading);
    return count;
}

static void run_lmdb(const char *folder, uint32_t records)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/direct.lmdb", folder);
    mkdir(path, 0700);
    MDB_txn *txn;
    check(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, (size_t)4 << 30) == 0 && mdb_env_open(env, path, MDB_NOTLS, 0600) == 0 &&
              mdb_txn_begin(env, NULL, 0, &txn) == 0 && mdb_dbi_open(txn, NULL, 0, &dbi) == 0 && mdb_txn_commit(txn) == 0 &&
              mdb_txn_begin(env, NULL, MDB_RDONLY, &reading) == 0 && mdb_cursor_open(reading, dbi, &cursor) == 0, "open");
    mdb_txn_reset(reading);
    measure(&(way){"LMDB", lmdb_put, lmdb_get, lmdb_scan}, records);
    mdb_cursor_close(cursor);
    mdb_txn_abort(reading);
    mdb_env_close(env);
}

/* ---- Plugins ---- */

static const kcm_store_functions *store_functions;
static void *store;
static kcm_error error = {.struct_size = sizeof error};
static const kcm_bytes acme = {(const uint8_t *)"acme", 4};

static void plugin_put(uint32_t first, uint32_t count)
{
    uint8_t keys[GROUP][KEY];
    kcm_write writes[GROUP];
    kcm_batch batches[GROUP];
    for (uint32_t i = 0; i < count; i++) {
        make_key(first + i, keys[i]);
        writes[i] = (kcm_write){.operation = KCM_PUT, .key = {keys[i], KEY}, .value = {value, VALUE}};
        batches[i] = (kcm_batch){.name_space = acme, .writes = &writes[i], .write_count = 1, .result = KCM_FAILED};
    }
    check(store_functions->commit(store, batches, count, &error) == KCM_OK, error.text);
    for (uint32_t i = 0; i < count; i++) {
        check(batches[i].result == KCM_OK, "a batch");
    }
}

static void take_value(void *context, kcm_bytes bytes, uint64_t revision)
{
    (void)context, (void)revision;
    memcpy(copy, bytes.data, bytes.size);
}

static void plugin_get(const uint8_t key[KEY])
{
    check(store_functions->get(store, acme, (kcm_bytes){key, KEY}, take_value, NULL, &error) == KCM_OK, error.text);
}

typedef struct page {
    uint8_t *last;
    uint32_t count;
} page;

static int32_t take_entry(void *context, kcm_bytes key, kcm_bytes bytes, uint64_t revision)
{
    (void)revision;
    page *of = context;
    memcpy(of->last, key.data, key.size);
    memcpy(copy, bytes.data, bytes.size);
    of->count++;
    return 0;
}

static uint32_t plugin_scan(uint8_t after[KEY], int from_start)
{
    uint8_t start[KEY];
    memcpy(start, after, KEY);
    page of = {after, 0};
    kcm_bytes behind = {start, KEY};
    check(store_functions->scan(store, acme, (kcm_bytes){NULL, 0}, from_start ? NULL : &behind, PAGE, take_entry, &of, &error) == KCM_OK, error.text);
    return of.count;
}

static void run_plugin(const char *folder, uint32_t records, const char *file)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    check(library != NULL, file);
    const kcm_plugin_descriptor *(*entry)(void) = (const kcm_plugin_descriptor *(*)(void))dlsym(library, "kcm_plugin_entry");
    check(entry != NULL, file);
    const kcm_plugin_descriptor *plugin = entry();
    store_functions = plugin->store;
    char path[1000], name[100];
    snprintf(path, sizeof path, "%s/plugin.%s", folder, plugin->name);
    snprintf(name, sizeof name, "plugin %s", plugin->name);
    kcm_setting setting = {"path", path};
    check(store_functions->open(NULL, &setting, strcmp(plugin->name, "memory") == 0 ? 0 : 1, &store, &error) == KCM_OK, error.text);
    measure(&(way){name, plugin_put, plugin_get, plugin_scan}, records);
    store_functions->close(store);
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fprintf(stderr, "usage: bench-ceilings FOLDER [RECORDS] [PLUGIN.so ...]\n");
        return 64;
    }
    uint32_t records = count > 2 ? (uint32_t)atoi(arguments[2]) : 1000;
    printf("%-24s %9s %9s %9s %9s %9s\n", "", "records", "put/s", "grouped/s", "get/s", "scan/s");
    run_sqlite(arguments[1], records, "SQLite, clustered",
               "CREATE TABLE entry (name_space BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL,"
               " PRIMARY KEY (name_space, key)) WITHOUT ROWID");
    run_sqlite(arguments[1], records, "SQLite, rows and index",
               "CREATE TABLE entry (name_space BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL,"
               " PRIMARY KEY (name_space, key))");
    run_lmdb(arguments[1], records);
    for (int i = 3; i < count; i++) {
        run_plugin(arguments[1], records, arguments[i]);
    }
    return 0;
}
