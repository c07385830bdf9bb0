/* Statistics, health, and verifying. */
#include "store.h"

#include <sys/stat.h>

int32_t lmdb_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    store *self = opaque;
    reader *one;
    int result = reader_begin(self, 1, &one);
    if (result != MDB_SUCCESS) {
        return lmdb_fail(self, result, "cannot read", error);
    }
    MDB_stat status;
    uint64_t next, links, namespaces = 0;
    if ((result = links_read(one->txn, self->dbi, &next, &links)) == MDB_SUCCESS) {
        result = mdb_stat(one->txn, self->dbi, &status);
    }
    namespace_walk on = {.behind = {TAG_RECORD}, .behind_size = 1};
    while (result == MDB_SUCCESS && (result = namespace_next(one->cursor, &on)) == MDB_SUCCESS) {
        namespaces++;
    }
    reader_end(self, one);
    if (result != MDB_NOTFOUND) {
        return lmdb_fail(self, result, "cannot read", error);
    }
    statistics->namespaces = namespaces;
    /* Less the format, the record of links once there is one, and the links. */
    statistics->entries = status.ms_entries - 1 - (next > 0) - links;
    struct stat file;
    statistics->bytes = fstatat(self->folder, "data.mdb", &file, 0) == 0 ? (uint64_t)file.st_size : 0;
    return KCM_OK;
}

int32_t lmdb_health(void *opaque, kcm_error *error)
{
    store *self = opaque;
    /* Readers of other processes (mdb_copy, mdb_stat) that died would keep old pages from being used again. */
    int dead = 0;
    (void)mdb_reader_check(self->env, &dead);
    struct stat named, open;
    mdb_filehandle_t fd;
    if (mdb_env_get_fd(self->env, &fd) != MDB_SUCCESS || fstat(fd, &open) != 0 || fstatat(self->folder, "data.mdb", &named, 0) != 0 ||
        named.st_ino != open.st_ino || named.st_dev != open.st_dev) {
        return common_fail(error, KCM_FAILED, "%.300s/data.mdb was moved or removed while it is in use", self->path);
    }
    /* Begins and gives up a write: LMDB refuses it where an earlier failure has left it unable to go on. As a reader, so that the map
     * does not move meanwhile. */
    reader *one;
    int result = reader_begin(self, 0, &one);
    if (result == MDB_SUCCESS) {
        MDB_txn *txn;
        if ((result = mdb_txn_begin(self->env, NULL, 0, &txn)) == MDB_SUCCESS) {
            MDB_val name = {2, (uint8_t[]){TAG_OWN, 'f'}}, data;
            result = mdb_get(txn, self->dbi, &name, &data);
            mdb_txn_abort(txn);
        }
        reader_end(self, one);
    }
    if (result != MDB_SUCCESS) {
        return lmdb_fail(self, result, "cannot use", error);
    }
    return common_check_room(self->folder, self->path, error);
}

/* Whether a link leads somewhere. */
static int leads_on(MDB_cursor *probe, uint64_t number)
{
    place below = {.rest = {NULL, 0}};
    place_next(&below, number);
    MDB_val name = place_key(&below), data;
    return mdb_cursor_get(probe, &name, &data, MDB_SET_RANGE) == MDB_SUCCESS && name.mv_size >= below.prefix &&
           memcmp(name.mv_data, below.bytes, below.prefix) == 0;
}

/* What is wrong with an entry of the database, or NULL. */
static const char *fault(MDB_cursor *probe, MDB_val name, MDB_val data, uint64_t *links)
{
    const uint8_t *key = name.mv_data;
    header head;
    if (!header_read(data, &head)) {
        return "a value without its head";
    }
    if (!header_check(&head, name, data)) {
        return "a record that is not what was written";
    }
    if (key[0] == TAG_OWN) {
        return NULL;
    }
    uint8_t text[COMMON_MAXIMUM_NAMESPACE];
    size_t size;
    if ((key[0] != TAG_RECORD && key[0] != TAG_LINKED) || (key[0] == TAG_LINKED && name.mv_size < 9) ||
        (key[0] == TAG_RECORD && common_namespace_of(key + 1, name.mv_size - 1, text, &size) == 0)) {
        return "a key that is none of this store's";
    }
    if (head.type != (name.mv_size == LMDB_KEY ? TYPE_LINK : TYPE_RECORD) || head.revision == 0) {
        return "a record of the wrong type";
    }
    if (head.type == TYPE_LINK) {
        (*links)++;
        return leads_on(probe, head.revision) ? NULL : "a link that leads nowhere";
    }
    return NULL;
}

/* Where verifying is. */
typedef struct progress {
    uint64_t entries;
    uint64_t links;
    int was_interrupted;
    size_t size; /* of the last key; 0 at the start */
    uint8_t last[LMDB_KEY];
} progress;

/* Goes on behind the last key until the map has to move, which a read holds up. MDB_NOTFOUND at the end; *wrong says what is. */
static int verify_on(store *self, reader *one, MDB_cursor *probe, progress *at, const char **wrong)
{
    MDB_val name = {at->size, at->last}, data;
    int result = mdb_cursor_get(one->cursor, &name, &data, at->size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    if (result == MDB_SUCCESS && name.mv_size == at->size && memcmp(name.mv_data, at->last, at->size) == 0) {
        result = mdb_cursor_get(one->cursor, &name, &data, MDB_NEXT);
    }
    for (; result == MDB_SUCCESS; result = mdb_cursor_get(one->cursor, &name, &data, MDB_NEXT)) {
        at->entries++;
        *wrong = fault(probe, name, data, &at->links);
        at->size = name.mv_size;
        memcpy(at->last, name.mv_data, name.mv_size);
        if (*wrong != NULL || atomic_load_explicit(&self->is_moving, memory_order_relaxed)) {
            break;
        }
    }
    return result;
}

/* Every entry. Blocks nobody; while it lasts LMDB does not use the pages again that commits beside it set free. */
int32_t lmdb_verify(void *opaque, kcm_error *error)
{
    store *self = opaque;
    progress at = {0};
    const char *wrong = NULL;
    int result = MDB_SUCCESS;
    while (result == MDB_SUCCESS && wrong == NULL) {
        reader *one;
        if ((result = reader_begin(self, 1, &one)) != MDB_SUCCESS) {
            return lmdb_fail(self, result, "cannot read", error);
        }
        uint64_t next = 0, links = 0;
        MDB_stat status = {0};
        MDB_cursor *probe = NULL;
        if ((result = mdb_cursor_open(one->txn, self->dbi, &probe)) == MDB_SUCCESS &&
            (result = links_read(one->txn, self->dbi, &next, &links)) == MDB_SUCCESS &&
            (result = mdb_stat(one->txn, self->dbi, &status)) == MDB_SUCCESS) {
            result = verify_on(self, one, probe, &at, &wrong);
        }
        if (probe != NULL) {
            mdb_cursor_close(probe);
        }
        reader_end(self, one);
        if (wrong == NULL && result == MDB_NOTFOUND && !at.was_interrupted && (at.entries != status.ms_entries || at.links != links)) {
            wrong = "another number of entries than the store says";
        }
        /* From here on it is another moment: its counts cannot be compared. */
        at.was_interrupted = 1;
    }
    if (wrong != NULL) {
        return common_fail(error, KCM_CORRUPT, "%.300s/data.mdb has %s (entry %llu)", self->path, wrong, (unsigned long long)at.entries);
    }
    return result == MDB_NOTFOUND ? KCM_OK : lmdb_fail(self, result, "cannot read", error);
}
