/*
 * sqlite: one table in one file, WAL, synchronous=FULL; one connection writes, a few read beside it. What the files of this plugin share.
 *
 * The table has rows and an index on (name_space, key). WITHOUT ROWID was tried: records of a kilobyte then leave three in a page of the
 * tree and spill into pages of their own, which made the file three times as large and every operation two to four times as slow.
 */
#ifndef KCM_SQLITE_STORE_H
#define KCM_SQLITE_STORE_H

#include "common.h"

#include <pthread.h>
#include <sqlite3.h>

/* 1: WITHOUT ROWID. 2: rows and an index. */
#define SCHEMA_VERSION 2
#define MAXIMUM_KEY 1024
#define MAXIMUM_VALUE (16u << 20)
#define MAXIMUM_BATCH 4096
#define READERS 4

enum { GET, SCAN, SCAN_BEHIND, NAMESPACES, COUNT, READ_STATEMENTS };
enum { BEGIN, COMMIT, ROLLBACK, PUT_ANY, PUT_ABSENT, PUT_REVISION, RESTORE, REMOVE_ANY, REMOVE_REVISION, REVISION, WRITE_STATEMENTS };

typedef struct reader {
    sqlite3 *db;
    sqlite3_stmt *statements[READ_STATEMENTS];
    struct reader *next; /* in the list of idle ones */
} reader;

typedef struct store {
    const kcm_host *host;
    char *path;
    int folder; /* that holds the file */
    int lock;   /* on path.lock, held for the life of the store */
    sqlite3 *writer;
    sqlite3_stmt *statements[WRITE_STATEMENTS];
    reader readers[READERS];
    reader *idle;
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    /* What copies the write-ahead log: its connection and its thread. */
    sqlite3 *copier;
    pthread_t thread;
    int has_thread;
    pthread_mutex_t pass; /* one pass at a time, and what follows */
    int has_failed;
    pthread_cond_t filled; /* with `mutex`, which guards the rest */
    int pages;             /* in the log, after the last commit */
    int next;              /* pages that begin the next series of passes */
    int stops;
} store;

/* ---- Shared (sqlite.c) ---- */

/* KCM_* of a connection's last error, with a text. */
int32_t sqlite_fail(const store *self, sqlite3 *db, const char *what, kcm_error *error);
/* The first number of the first row, or -1. */
int sqlite_number(sqlite3 *db, const char *sql);
void bind_bytes(sqlite3_stmt *statement, int index, kcm_bytes bytes);

/* ---- Opening (open.c) ---- */

int32_t sqlite_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **store, kcm_error *error);
void sqlite_close(void *store);
/* One more connection that reads. */
int32_t sqlite_connect(const store *self, int flags, sqlite3 **db, kcm_error *error);

/* ---- Reading (read.c) ---- */

int32_t sqlite_get(void *store, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error);
int32_t sqlite_scan(void *store, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                    void *context, kcm_error *error);
int32_t sqlite_namespaces(void *store, kcm_namespace_sink sink, void *context, kcm_error *error);
reader *take_reader(store *self);
void give_back(store *self, reader *one);

/* ---- Writing (write.c) ---- */

int32_t sqlite_commit(void *store, kcm_batch *batches, uint32_t count, kcm_error *error);

/* ---- Copying the log (checkpoint.c) ---- */

int32_t start_checkpoints(store *self, kcm_error *error);
void stop_checkpoints(store *self);

/* ---- Looking after it (check.c) ---- */

int32_t sqlite_statistics(void *store, kcm_store_statistics *statistics, kcm_error *error);
int32_t sqlite_health(void *store, kcm_error *error);
int32_t sqlite_verify(void *store, kcm_error *error);

#endif
