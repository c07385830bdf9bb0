/* Get, scan, namespaces: read transactions that are renewed, and values handed over where they lie in the map. */
#include "store.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* ---- Read transactions ---- */

static reader *take_idle(store *self)
{
    for (unsigned i = 0; i < READERS; i++) {
        _Atomic(reader *) *slot = &self->idle[i];
        if (atomic_load_explicit(slot, memory_order_relaxed) != NULL) {
            reader *one = atomic_exchange_explicit(slot, NULL, memory_order_acquire);
            if (one != NULL) {
                return one;
            }
        }
    }
    return NULL;
}

static void put_idle(store *self, reader *one)
{
    for (unsigned i = 0; i < READERS; i++) {
        reader *none = NULL;
        if (atomic_compare_exchange_strong_explicit(&self->idle[i], &none, one, memory_order_release, memory_order_relaxed)) {
            return;
        }
    }
    mdb_cursor_close(one->cursor);
    mdb_txn_abort(one->txn);
    free(one);
}

static int make_reader(store *self, reader **one)
{
    reader *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return ENOMEM;
    }
    int result = mdb_txn_begin(self->env, NULL, MDB_RDONLY, &made->txn);
    if (result == MDB_SUCCESS && (result = mdb_cursor_open(made->txn, self->dbi, &made->cursor)) != MDB_SUCCESS) {
        mdb_txn_abort(made->txn);
    }
    if (result != MDB_SUCCESS) {
        free(made);
        return result;
    }
    *one = made;
    return MDB_SUCCESS;
}

int reader_begin(store *self, reader **one)
{
    pthread_rwlock_rdlock(&self->map);
    int result = MDB_PANIC;
    if (atomic_load_explicit(&self->is_broken, memory_order_relaxed)) {
        pthread_rwlock_unlock(&self->map);
        return result;
    }
    do {
        *one = take_idle(self);
        if (*one != NULL) {
            result = mdb_txn_renew((*one)->txn);
            if (result == MDB_SUCCESS && (result = mdb_cursor_renew((*one)->txn, (*one)->cursor)) != MDB_SUCCESS) {
                mdb_txn_reset((*one)->txn);
            }
            if (result != MDB_SUCCESS) {
                put_idle(self, *one);
            }
        } else {
            result = make_reader(self, one);
        }
        /* More readers at once than LMDB's table has places: one of them is done soon. */
    } while (result == MDB_READERS_FULL && sched_yield() == 0);
    if (result != MDB_SUCCESS) {
        pthread_rwlock_unlock(&self->map);
    }
    return result;
}

void reader_end(store *self, reader *one)
{
    mdb_txn_reset(one->txn);
    put_idle(self, one);
    pthread_rwlock_unlock(&self->map);
}

void readers_free(store *self)
{
    for (reader *one; (one = take_idle(self)) != NULL; free(one)) {
        mdb_cursor_close(one->cursor);
        mdb_txn_abort(one->txn);
    }
}

/* ---- Functions of the contract ---- */

int32_t lmdb_get(void *opaque, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    if (name_space.size > COMMON_MAXIMUM_NAMESPACE || key.size > MAXIMUM_KEY) {
        return KCM_NOT_FOUND;
    }
    reader *one;
    int result = reader_begin(self, &one);
    if (result != MDB_SUCCESS) {
        return lmdb_fail(self, result, "cannot read", error);
    }
    kcm_bytes value;
    uint64_t revision;
    result = find(one->txn, self->dbi, name_space, key, &value, &revision);
    if (result == MDB_SUCCESS) {
        sink(context, value, revision);
    }
    reader_end(self, one);
    if (result == MDB_NOTFOUND) {
        return KCM_NOT_FOUND;
    }
    return result == MDB_SUCCESS ? KCM_OK : lmdb_fail(self, result, "cannot read", error);
}

/* A scan on its way down the links. */
typedef struct walk {
    MDB_txn *txn;
    MDB_dbi dbi;
    kcm_bytes prefix;
    kcm_bytes start; /* nothing before it, nor itself where it is left out */
    int without_start;
    uint32_t left;
    kcm_entry_sink sink;
    void *context;
    size_t size; /* of key */
    uint8_t key[MAXIMUM_KEY];
} walk;

#define WALK_DONE 1

/* Whether the key so far and the prefix are the same as far as both go. */
static int may_start_with(const walk *on)
{
    size_t common = on->size < on->prefix.size ? on->size : (size_t)on->prefix.size;
    return common == 0 || memcmp(on->key, on->prefix.data, common) == 0;
}

/* Goes through one level from its first place at or behind the start. WALK_DONE: the scan is at its end. `key` holds what the links
 * above stand for; `level` has their prefix of LMDB keys. */
static int walk_level(walk *on, MDB_cursor *cursor, place *level)
{
    size_t above = on->size, level_prefix = level->prefix;
    uint8_t tag[LMDB_KEY];
    memcpy(tag, level->bytes, level_prefix);
    MDB_val name = place_key(level), data;
    int result = mdb_cursor_get(cursor, &name, &data, MDB_SET_RANGE);
    for (; result == MDB_SUCCESS; result = mdb_cursor_get(cursor, &name, &data, MDB_NEXT)) {
        if (name.mv_size < level_prefix || memcmp(name.mv_data, tag, level_prefix) != 0) {
            result = MDB_NOTFOUND;
            break;
        }
        size_t part = name.mv_size - level_prefix;
        header head;
        int links = name.mv_size == LMDB_KEY;
        if (above + part > MAXIMUM_KEY || !header_read(data, &head) || head.type != (links ? TYPE_LINK : TYPE_RECORD) || head.revision == 0) {
            return MDB_CORRUPTED;
        }
        memcpy(on->key + above, (const uint8_t *)name.mv_data + level_prefix, part);
        on->size = above + part;
        if (!may_start_with(on) || (!links && on->size < on->prefix.size)) {
            return WALK_DONE;
        }
        if (!links) {
            if (on->without_start && common_compare(on->key, on->size, on->start.data, on->start.size) == 0) {
                continue;
            }
            kcm_bytes value = {(const uint8_t *)data.mv_data + HEADER, data.mv_size - HEADER};
            if (on->left == 0 || on->sink(on->context, (kcm_bytes){on->key, on->size}, value, head.revision) != 0 || --on->left == 0) {
                return WALK_DONE;
            }
            continue;
        }
        /* Down the link: from the start's rest where the way so far is the start's own, from the beginning otherwise. */
        place below;
        int on_the_way = on->start.size >= on->size && memcmp(on->start.data, on->key, on->size) == 0;
        below.rest = on_the_way ? (kcm_bytes){on->start.data + on->size, on->start.size - on->size} : (kcm_bytes){NULL, 0};
        place_next(&below, head.revision);
        MDB_cursor *further;
        if ((result = mdb_cursor_open(on->txn, on->dbi, &further)) != MDB_SUCCESS) {
            return result;
        }
        result = walk_level(on, further, &below);
        mdb_cursor_close(further);
        if (result != MDB_SUCCESS) {
            return result;
        }
    }
    return result == MDB_NOTFOUND ? MDB_SUCCESS : result;
}

int32_t lmdb_scan(void *opaque, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                  void *context, kcm_error *error)
{
    store *self = opaque;
    if (name_space.size > COMMON_MAXIMUM_NAMESPACE || prefix.size > MAXIMUM_KEY || limit == 0) {
        return KCM_OK;
    }
    reader *one;
    int result = reader_begin(self, &one);
    if (result != MDB_SUCCESS) {
        return lmdb_fail(self, result, "cannot read", error);
    }
    walk on;
    on.txn = one->txn;
    on.dbi = self->dbi;
    on.prefix = prefix;
    on.left = limit;
    on.sink = sink;
    on.context = context;
    on.size = 0;
    on.without_start = common_scan_start(prefix, after, &on.start);
    place first;
    place_first(&first, name_space, on.start);
    result = walk_level(&on, one->cursor, &first);
    reader_end(self, one);
    return result == MDB_SUCCESS || result == WALK_DONE ? KCM_OK : lmdb_fail(self, result, "cannot read", error);
}

int namespace_next(MDB_cursor *cursor, namespace_walk *on)
{
    MDB_val name = {on->behind_size, on->behind}, data;
    int result = mdb_cursor_get(cursor, &name, &data, MDB_SET_RANGE);
    const uint8_t *key = name.mv_data;
    if (result != MDB_SUCCESS || key[0] != TAG_RECORD) {
        return result != MDB_SUCCESS ? result : MDB_NOTFOUND;
    }
    size_t prefix = common_namespace_of(key + 1, name.mv_size - 1, on->name, &on->name_size);
    if (prefix == 0) {
        return MDB_CORRUPTED;
    }
    memcpy(on->behind + 1, key + 1, prefix);
    on->behind[prefix] = 1;
    on->behind_size = 1 + prefix;
    return MDB_SUCCESS;
}

int32_t lmdb_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    reader *one;
    int result = reader_begin(self, &one);
    if (result != MDB_SUCCESS) {
        return lmdb_fail(self, result, "cannot read", error);
    }
    namespace_walk on = {.behind = {TAG_RECORD}, .behind_size = 1};
    while ((result = namespace_next(one->cursor, &on)) == MDB_SUCCESS && sink(context, (kcm_bytes){on.name, on.name_size}) == 0) {
    }
    reader_end(self, one);
    return result == MDB_SUCCESS || result == MDB_NOTFOUND ? KCM_OK : lmdb_fail(self, result, "cannot read", error);
}
