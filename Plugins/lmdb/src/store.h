/*
 * lmdb: records in one LMDB environment. What the files of this plugin share.
 *
 * Everything is in the unnamed database: named ones are a few hundred at most, tenants are not. An LMDB key (at most 511 bytes) is
 *   00 'f'                          the format record
 *   00 'l'                          links: the next number, and how many there are
 *   01 namespace-prefix key         a record whose key fits
 *   01 namespace-prefix part        of exactly 511 bytes: a link to the keys that start with that part
 *   02 number(8, big-endian) rest   a record behind link `number`; again, one of exactly 511 bytes is a link
 * so keys may be long, and a walk that goes down each link where it finds it keeps their byte order.
 *
 * A value starts with 16 bytes: type (1), zero (3), CRC-32C (4), revision or number of the link (8), little-endian.
 */
#ifndef KCM_LMDB_STORE_H
#define KCM_LMDB_STORE_H

#include "common.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#define FORMAT 1
#define MAXIMUM_KEY 1024
#define MAXIMUM_VALUE (16u << 20)
#define MAXIMUM_BATCH 4096

#define LMDB_KEY 511
#define TAG_OWN 0
#define TAG_RECORD 1
#define TAG_LINKED 2

#define HEADER 16
#define TYPE_RECORD 1
#define TYPE_LINK 2
#define TYPE_FORMAT 3
#define TYPE_LINKS 4

/* Places for read transactions; LMDB's reader table is a little larger, for mdb_copy and mdb_stat beside the daemon. */
#define READERS 64
#define READER_TABLE (READERS + 16)

/* A place for one read at a time: its transaction and cursor are used again and again. Places are a cache line apart. */
typedef struct reader {
    _Alignas(64) atomic_int is_busy;
    MDB_txn *txn;
    MDB_cursor *cursor;
} reader;

typedef struct store {
    const kcm_host *host;
    char *path;
    int folder;
    int lock;
    MDB_env *env;
    MDB_dbi dbi;
    uint64_t maximum_size; /* the map grows up to here */

    /* The map's addresses change when it is resized. A read takes its place and then looks at is_moving; a resize sets is_moving and
     * then waits for every place: one of them sees the other. Who has to wait does so at the mutex, which is held for the resize. */
    reader readers[READERS];
    atomic_bool is_moving;
    pthread_mutex_t moving;
    atomic_bool is_broken; /* the map is lost, or a sync failed: what is in the page cache is not what is on the disk */

    /* Of the one writer. */
    uint64_t *revisions; /* of the keys of a batch before it */
} store;

/* The LMDB key of `name_space` and `key`, level by level. */
typedef struct place {
    uint8_t bytes[LMDB_KEY];
    size_t prefix; /* bytes before the key's own */
    size_t size;
    kcm_bytes rest; /* of the key, behind a link */
} place;

typedef struct header {
    uint8_t type;
    uint32_t checksum;
    uint64_t revision;
} header;

/* KCM_* of an LMDB result, with a text. */
int32_t lmdb_fail(const store *self, int lmdb, const char *what, kcm_error *error);

/* ---- Keys (keys.c) ---- */

/* The first level of a key. The namespace is within its limit. */
void place_first(place *at, kcm_bytes name_space, kcm_bytes key);
/* Whether it is a link's. */
static inline int place_is_link(const place *at) { return at->size == LMDB_KEY; }
/* The level behind link `number`. */
void place_next(place *at, uint64_t number);
static inline MDB_val place_key(place *at) { return (MDB_val){at->size, at->bytes}; }

/* Takes the header of a value; 0 where it is none. */
int header_read(MDB_val value, header *out);
void header_write(uint8_t *to, uint8_t type, uint64_t revision, MDB_val key, const void *data, size_t size);
/* Whether checksum, key and value belong together. */
int header_check(const header *of, MDB_val key, MDB_val value);

/* Finds a record. MDB_NOTFOUND, MDB_CORRUPTED, or MDB_SUCCESS with the value behind its header. */
int find(MDB_txn *txn, MDB_dbi dbi, kcm_bytes name_space, kcm_bytes key, kcm_bytes *value, uint64_t *revision);

/* ---- Reading (read.c) ---- */

int32_t lmdb_get(void *store, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error);
int32_t lmdb_scan(void *store, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                  void *context, kcm_error *error);
int32_t lmdb_namespaces(void *store, kcm_namespace_sink sink, void *context, kcm_error *error);

/* From namespace to namespace, with one seek each; begins with `behind` as TAG_RECORD alone. */
typedef struct namespace_walk {
    uint8_t behind[1 + COMMON_MAXIMUM_PREFIX];
    size_t behind_size;
    uint8_t name[COMMON_MAXIMUM_NAMESPACE];
    size_t name_size;
} namespace_walk;

/* MDB_NOTFOUND at the end. */
int namespace_next(MDB_cursor *cursor, namespace_walk *on);

/* Starts a read, with its cursor ready or without; the map stays where it is until it ends. */
int reader_begin(store *self, int with_cursor, reader **one);
void reader_end(store *self, reader *one);
void readers_free(store *self);
/* Keeps new reads out and waits for those under way; then lets them in again. */
void readers_stop(store *self);
void readers_go(store *self);

/* ---- Writing (write.c) ---- */

int32_t lmdb_commit(void *store, kcm_batch *batches, uint32_t count, kcm_error *error);

/* ---- Looking after it (check.c) ---- */

int32_t lmdb_statistics(void *store, kcm_store_statistics *statistics, kcm_error *error);
int32_t lmdb_health(void *store, kcm_error *error);
int32_t lmdb_verify(void *store, kcm_error *error);

/* The links record: the next number and how many links there are; 0 and 0 where there is none yet. */
int links_read(MDB_txn *txn, MDB_dbi dbi, uint64_t *next, uint64_t *count);

#endif
