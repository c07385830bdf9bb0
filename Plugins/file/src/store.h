/*
 * file, the store: one folder a tenant, one file a record, and a journal before them. What the files of the store share.
 *
 *   PATH/format             the format's version
 *   PATH/lock               held against a second process
 *   PATH/journal            groups that may not be in the records' files for good yet
 *   PATH/records/TENANT/    one file for each record
 *
 * An index of all keys is in memory, built when the store is opened: it gives order to scans, which a folder does not, and answers
 * what revision a key has without touching the disk. Reads of values go to the files.
 *
 * A group becomes durable with one sync of the journal. Its records' files are written before that under passing names and renamed
 * after it, without a sync of their own; when the journal is full, syncfs makes all of them durable at once and it starts anew.
 * Opening a store does what the journal holds once more: each step puts or removes a whole record, so doing it twice is harmless.
 */
#ifndef KCM_FILE_STORE_H
#define KCM_FILE_STORE_H

#include "common.h"
#include "skiplist.h"

#include <pthread.h>
#include <stdatomic.h>

#define FORMAT 1
#define MAXIMUM_KEY 1024
#define MAXIMUM_VALUE (16u << 20)
#define MAXIMUM_BATCH 4096
#define MAXIMUM_FULL_KEY (COMMON_MAXIMUM_PREFIX + MAXIMUM_KEY)

/* Longest name of a file or folder, with its NUL. */
#define NAME_SIZE 224
/* Files on their way begin with this; names of records never do. */
#define TEMPORARY '+'

typedef struct record {
    kcm_bytes name_space;
    kcm_bytes key;
    kcm_bytes value;
    uint64_t revision;
} record;

typedef struct journal {
    int fd;
    uint64_t size;       /* it starts with and goes back to */
    uint64_t end;        /* where the next group goes */
    uint64_t sequence;   /* of the next group */
    uint64_t generation; /* of the newest head */
} journal;

typedef struct store {
    const kcm_host *host;
    char *path;
    int folder;
    int records;
    int lock;
    atomic_bool is_broken; /* what is on the disk is unknown until the store is opened anew */

    pthread_mutex_t writing;
    pthread_rwlock_t reading; /* shared by reads; exclusive while a group's files are renamed and the index changes */
    skip_list index;          /* namespace prefix and key → revision and size; revision 0: the record is damaged */
    uint64_t bytes;

    /* Of the one who writes. */
    journal journal;
    skip_list group; /* what a group leaves of each key it touches; revision 0: nothing */
    uint64_t temporaries;
} store;

/* Bytes that grow; small ones need no allocation. */
typedef struct buffer {
    uint8_t *data;
    size_t room;
    uint8_t own[8192];
} buffer;

void buffer_init(buffer *bytes);
/* Returns 0 where memory is out; what was in it may be gone. */
int buffer_reserve(buffer *bytes, size_t size);
void buffer_free(buffer *bytes);

/* ---- Names (names.c) ---- */

/* A name for any bytes: a-z, 0-9, _ and - as they are, others as %xx, nothing as %; longer ones as = and their SHA-256. No path
 * can come of it. */
void name_of(kcm_bytes bytes, char name[NAME_SIZE]);
/* The bytes of a name that holds them; 0 for others. */
int name_read(const char *name, uint8_t *bytes, size_t *size);

/* The folder of a tenant: a descriptor, or -1 with errno. `make` makes it. */
int tenant_open(const store *self, kcm_bytes name_space, int make);
/* A record's file, for reading, without following a link anywhere on the way: a descriptor, or -1 with errno. */
int record_open(const store *self, kcm_bytes name_space, kcm_bytes key);

/* ---- Records as files (record.c) ---- */

#define RECORD_HEAD 36

/* EBADMSG: what was read is not what was written. */
int record_write(int folder, const char *name, const record *one);
/* Reads a record of known size and checks all of it; the bytes are in `bytes`. `fd` stays open. */
int record_read(int fd, uint64_t size, buffer *bytes, record *out);
/* Reads what stands before the value, whose size comes from the head and whose data is NULL. */
int record_read_head(int fd, buffer *bytes, record *out);
static inline uint64_t record_size(const record *one) { return RECORD_HEAD + one->name_space.size + one->key.size + one->value.size; }

/* ---- The journal (journal.c) ---- */

/* Opens or makes it and does what it holds once more; *replayed says whether there was anything. */
int32_t journal_open(store *self, uint64_t size, int *replayed, kcm_error *error);
/* Makes the group durable. On failure it is as if it had not been written, or the store is broken. */
int32_t journal_append(store *self, const skip_list *group, kcm_error *error);
/* Makes the records' files durable, and the journal empty. 0 or an errno. */
int journal_checkpoint(store *self);
/* Whether it is time for that. */
int journal_is_full(const store *self);

/* ---- Opening (store.c, index.c) ---- */

/* Reads the keys of all records. */
int32_t index_build(store *self, kcm_error *error);
/* The key of the index; returns its size. */
static inline size_t full_key(kcm_bytes name_space, kcm_bytes key, uint8_t full[MAXIMUM_FULL_KEY])
{
    size_t prefix = common_namespace_prefix(name_space, full);
    common_copy(full + prefix, key.data, key.size);
    return prefix + key.size;
}
/* The parts of a key of the index; `name` holds the namespace. */
void split_key(const skip_node *node, uint8_t name[COMMON_MAXIMUM_NAMESPACE], record *out);
void store_log(const store *self, uint32_t level, const char *text);

/* ---- Functions of the contract ---- */

int32_t file_get(void *store, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error);
int32_t file_scan(void *store, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                  void *context, kcm_error *error);
int32_t file_namespaces(void *store, kcm_namespace_sink sink, void *context, kcm_error *error);
int32_t file_commit(void *store, kcm_batch *batches, uint32_t count, kcm_error *error);
int32_t file_statistics(void *store, kcm_store_statistics *statistics, kcm_error *error);
int32_t file_health(void *store, kcm_error *error);
int32_t file_verify(void *store, kcm_error *error);

extern const kcm_store_functions file_store_functions;

#endif
