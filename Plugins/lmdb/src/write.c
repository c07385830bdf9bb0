/* Commit: one LMDB transaction, and so one sync, for a group. One thread at a time, by the thread model. */
#include "store.h"

#include <errno.h>
#include <sys/mman.h>

int links_read(MDB_txn *txn, MDB_dbi dbi, uint64_t *next, uint64_t *count)
{
    MDB_val name = {2, (uint8_t[]){TAG_OWN, 'l'}}, data;
    *next = *count = 0;
    int result = mdb_get(txn, dbi, &name, &data);
    if (result != MDB_SUCCESS) {
        return result == MDB_NOTFOUND ? MDB_SUCCESS : result;
    }
    header head;
    if (data.mv_size != HEADER + 8 || !header_read(data, &head) || head.type != TYPE_LINKS || !header_check(&head, name, data)) {
        return MDB_CORRUPTED;
    }
    *next = head.revision;
    *count = common_load((const uint8_t *)data.mv_data + HEADER, 8);
    return MDB_SUCCESS;
}

static int links_write(MDB_txn *txn, MDB_dbi dbi, uint64_t next, uint64_t count)
{
    uint8_t bytes[HEADER + 8];
    common_store(bytes + HEADER, count, 8);
    MDB_val name = {2, (uint8_t[]){TAG_OWN, 'l'}}, data = {sizeof bytes, bytes};
    header_write(bytes, TYPE_LINKS, next, name, bytes + HEADER, 8);
    return mdb_put(txn, dbi, &name, &data, 0);
}

/* Follows the link at a place; where it is not there, makes it. */
static int follow(store *self, MDB_txn *txn, place *at)
{
    MDB_val name = place_key(at), data;
    int result = mdb_get(txn, self->dbi, &name, &data);
    uint64_t number;
    if (result == MDB_SUCCESS) {
        header head;
        if (!header_read(data, &head) || head.type != TYPE_LINK) {
            return MDB_CORRUPTED;
        }
        number = head.revision;
    } else if (result == MDB_NOTFOUND) {
        uint64_t last, count;
        if ((result = links_read(txn, self->dbi, &last, &count)) != MDB_SUCCESS) {
            return result;
        }
        number = last + 1;
        uint8_t bytes[HEADER];
        header_write(bytes, TYPE_LINK, number, name, NULL, 0);
        data = (MDB_val){HEADER, bytes};
        if ((result = mdb_put(txn, self->dbi, &name, &data, MDB_NOOVERWRITE)) != MDB_SUCCESS ||
            (result = links_write(txn, self->dbi, number, count + 1)) != MDB_SUCCESS) {
            return result;
        }
    } else {
        return result;
    }
    place_next(at, number);
    return MDB_SUCCESS;
}

static int put(store *self, MDB_txn *txn, kcm_bytes name_space, const kcm_write *write, uint64_t revision)
{
    place at;
    place_first(&at, name_space, write->key);
    while (place_is_link(&at)) {
        int result = follow(self, txn, &at);
        if (result != MDB_SUCCESS) {
            return result;
        }
    }
    MDB_val name = place_key(&at), data = {HEADER + write->value.size, NULL};
    int result = mdb_put(txn, self->dbi, &name, &data, MDB_RESERVE);
    if (result == MDB_SUCCESS) {
        header_write(data.mv_data, TYPE_RECORD, revision, name, write->value.data, write->value.size);
        common_copy((uint8_t *)data.mv_data + HEADER, write->value.data, write->value.size);
    }
    return result;
}

/* Whether a link has nothing behind it any more. */
static int is_empty(MDB_txn *txn, MDB_dbi dbi, const place *below, int *empty)
{
    MDB_cursor *cursor;
    int result = mdb_cursor_open(txn, dbi, &cursor);
    if (result != MDB_SUCCESS) {
        return result;
    }
    MDB_val name = {below->prefix, (void *)below->bytes}, data;
    result = mdb_cursor_get(cursor, &name, &data, MDB_SET_RANGE);
    *empty = result == MDB_NOTFOUND ||
             (result == MDB_SUCCESS && (name.mv_size < below->prefix || memcmp(name.mv_data, below->bytes, below->prefix) != 0));
    mdb_cursor_close(cursor);
    return result == MDB_NOTFOUND ? MDB_SUCCESS : result;
}

/* Takes away a record that is there, and the links that lead to nothing then. */
static int take_out(store *self, MDB_txn *txn, place *at)
{
    MDB_val name = place_key(at);
    if (!place_is_link(at)) {
        return mdb_del(txn, self->dbi, &name, NULL);
    }
    place below = *at;
    int result = follow(self, txn, &below);
    if (result != MDB_SUCCESS) {
        return result;
    }
    int empty = 0;
    if ((result = take_out(self, txn, &below)) != MDB_SUCCESS ||
        (result = is_empty(txn, self->dbi, &below, &empty)) != MDB_SUCCESS || !empty) {
        return result;
    }
    uint64_t last, count;
    if ((result = mdb_del(txn, self->dbi, &name, NULL)) != MDB_SUCCESS ||
        (result = links_read(txn, self->dbi, &last, &count)) != MDB_SUCCESS) {
        return result;
    }
    return links_write(txn, self->dbi, last, count - 1);
}

/* Does a batch whose expectations hold. The keys are distinct, so testing all of them first is testing each in turn, and no
 * transaction inside of the transaction is needed (LMDB gives each of those two megabytes). */
static int apply(store *self, MDB_txn *txn, kcm_batch *batch)
{
    batch->result = KCM_OK;
    if (batch->write_count > MAXIMUM_BATCH || batch->name_space.size > COMMON_MAXIMUM_NAMESPACE) {
        batch->result = KCM_TOO_LARGE;
        return MDB_SUCCESS;
    }
    for (uint32_t i = 0; i < batch->write_count; i++) {
        const kcm_write *write = &batch->writes[i];
        batch->result = common_check_write(write, MAXIMUM_KEY, MAXIMUM_VALUE);
        if (batch->result != KCM_OK) {
            return MDB_SUCCESS;
        }
        kcm_bytes value;
        self->revisions[i] = 0;
        int result = find(txn, self->dbi, batch->name_space, write->key, &value, &self->revisions[i]);
        if (result == MDB_CORRUPTED) {
            batch->result = KCM_CORRUPT;
            return MDB_SUCCESS;
        }
        if (result != MDB_SUCCESS && result != MDB_NOTFOUND) {
            return result;
        }
        if (!common_expectation_holds(write, self->revisions[i])) {
            batch->result = KCM_CONFLICT;
            return MDB_SUCCESS;
        }
    }
    for (uint32_t i = 0; i < batch->write_count; i++) {
        const kcm_write *write = &batch->writes[i];
        int result = MDB_SUCCESS;
        if (write->operation != KCM_REMOVE) {
            result = put(self, txn, batch->name_space, write, common_next_revision(write, self->revisions[i]));
        } else if (self->revisions[i] != 0) {
            place at;
            place_first(&at, batch->name_space, write->key);
            result = take_out(self, txn, &at);
        }
        if (result != MDB_SUCCESS) {
            return result;
        }
    }
    return MDB_SUCCESS;
}

static int try_group(store *self, kcm_batch *batches, uint32_t count)
{
    MDB_txn *txn;
    int result = mdb_txn_begin(self->env, NULL, 0, &txn);
    if (result != MDB_SUCCESS) {
        return result;
    }
    int changes = 0;
    for (uint32_t i = 0; i < count && result == MDB_SUCCESS; i++) {
        result = apply(self, txn, &batches[i]);
        changes |= batches[i].result == KCM_OK && batches[i].write_count > 0;
    }
    if (result != MDB_SUCCESS || !changes) {
        mdb_txn_abort(txn);
        return result;
    }
    return mdb_txn_commit(txn);
}

/* ---- The map ---- */

/* Room beyond the maximum for groups that only remove: even that copies a few pages first. */
#define RESERVE (1u << 20)

static int only_removes(const kcm_batch *batches, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t w = 0; w < batches[i].write_count; w++) {
            if (batches[i].writes[w].operation != KCM_REMOVE) {
                return 0;
            }
        }
    }
    return 1;
}

/* No write transaction is open here; readers are out while the map moves, which takes some microseconds. */
static int32_t resize(store *self, uint64_t size, kcm_error *error)
{
    /* LMDB gives up the old map before it makes the new one, and is lost where that fails: so try first. */
    mdb_filehandle_t fd;
    (void)mdb_env_get_fd(self->env, &fd);
    void *probe = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (probe == MAP_FAILED) {
        return common_fail_errno(error, errno == ENOMEM ? ENOSPC : errno, "cannot change the map of", self->path);
    }
    munmap(probe, size);
    readers_stop(self);
    int result = mdb_env_set_mapsize(self->env, size);
    if (result != MDB_SUCCESS) {
        atomic_store(&self->is_broken, 1);
    }
    readers_go(self);
    return result == MDB_SUCCESS ? KCM_OK : lmdb_fail(self, result, "cannot change the map of", error);
}

/* Doubles the map, up to `most`. */
static int32_t grow(store *self, uint64_t most, kcm_error *error)
{
    MDB_envinfo info;
    mdb_env_info(self->env, &info);
    uint64_t size = info.me_mapsize;
    if (size >= most) {
        return common_fail(error, KCM_FULL, "%.300s has reached its maximum_size of %llu bytes", self->path,
                           (unsigned long long)self->maximum_size);
    }
    return resize(self, size > most / 2 ? most : size * 2, error);
}

/* Takes back what a group that removes was lent, as far as it is not in use. */
static void take_back(store *self)
{
    MDB_envinfo info;
    MDB_stat status;
    mdb_env_info(self->env, &info);
    mdb_env_stat(self->env, &status);
    uint64_t used = (info.me_last_pgno + 1) * (uint64_t)status.ms_psize;
    uint64_t size = used > self->maximum_size ? used : self->maximum_size;
    if (info.me_mapsize > size) {
        kcm_error ignored = {.struct_size = sizeof ignored};
        (void)resize(self, size, &ignored);
    }
}

/* ---- Commit ---- */

static int32_t commit_group(store *self, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    int result = MDB_PANIC;
    if (atomic_load(&self->is_broken)) {
        return lmdb_fail(self, result, "cannot write", error);
    }
    uint64_t most = self->maximum_size + (only_removes(batches, count) ? RESERVE : 0);
    while ((result = try_group(self, batches, count)) == MDB_MAP_FULL) {
        int32_t code = grow(self, most, error);
        if (code != KCM_OK) {
            take_back(self);
            return code;
        }
    }
    take_back(self);
    if (result == EIO) {
        /* LMDB calls a short write an input/output error as well: a disk that is full now was full then. */
        int32_t code = common_check_room(self->folder, self->path, error);
        if (code == KCM_FULL) {
            return code;
        }
        /* A sync that failed once may succeed the next time without the data. */
        atomic_store(&self->is_broken, 1);
    }
    if (result == MDB_TXN_FULL) {
        return common_fail(error, KCM_TOO_LARGE, "a commit to %.300s is larger than LMDB can take at once", self->path);
    }
    return result == MDB_SUCCESS ? KCM_OK : lmdb_fail(self, result, "cannot write", error);
}

int32_t lmdb_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    store *self = opaque;
    int32_t code = commit_group(self, batches, count, error);
    if ((code != KCM_FULL && code != KCM_TOO_LARGE) || count < 2) {
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
