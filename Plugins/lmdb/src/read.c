/* Get, scan, namespaces: read transactions that are renewed, and values handed over where they lie in the map. */
#include "store.h"

#include <sched.h>

/* ---- Read transactions ---- */

/* A place of nobody else's: the thread's own where it is free, so that threads do not meet at one. */
static reader *take_place(store *self)
{
    unsigned first = (unsigned)((uintptr_t)pthread_self() >> 12);
    for (;;) {
        for (unsigned i = 0; i < READERS; i++) {
            reader *one = &self->readers[(first + i) % READERS];
            if (atomic_load_explicit(&one->is_busy, memory_order_relaxed) == 0 && atomic_exchange(&one->is_busy, 1) == 0) {
                if (!atomic_load(&self->is_moving)) {
                    return one;
                }
                atomic_store_explicit(&one->is_busy, 0, memory_order_release);
                pthread_mutex_lock(&self->moving);
                pthread_mutex_unlock(&self->moving);
            }
        }
        /* More reads at once than there are places: one of them is done soon. */
        sched_yield();
    }
}

void readers_stop(store *self)
{
    pthread_mutex_lock(&self->moving);
    atomic_store(&self->is_moving, 1);
    for (unsigned i = 0; i < READERS; i++) {
        while (atomic_load(&self->readers[i].is_busy)) {
            sched_yield();
        }
    }
}

void readers_go(store *self)
{
    atomic_store(&self->is_moving, 0);
    pthread_mutex_unlock(&self->moving);
}

static int start(store *self, reader *one, int with_cursor)
{
    int result = one->txn != NULL ? mdb_txn_renew(one->txn) : mdb_txn_begin(self->env, NULL, MDB_RDONLY, &one->txn);
    if (result != MDB_SUCCESS || !with_cursor) {
        return result;
    }
    result = one->cursor != NULL ? mdb_cursor_renew(one->txn, one->cursor) : mdb_cursor_open(one->txn, self->dbi, &one->cursor);
    if (result != MDB_SUCCESS) {
        mdb_txn_reset(one->txn);
    }
    return result;
}

int reader_begin(store *self, int with_cursor, reader **one)
{
    *one = take_place(self);
    int result = atomic_load_explicit(&self->is_broken, memory_order_relaxed) ? MDB_PANIC : start(self, *one, with_cursor);
    if (result != MDB_SUCCESS) {
        atomic_store_explicit(&(*one)->is_busy, 0, memory_order_release);
    }
    return result;
}

void reader_end(store *self, reader *one)
{
    (void)self;
    mdb_txn_reset(one->txn);
    atomic_store_explicit(&one->is_busy, 0, memory_order_release);
}

void readers_free(store *self)
{
    for (unsigned i = 0; i < READERS; i++) {
        if (self->readers[i].cursor != NULL) {
            mdb_cursor_close(self->readers[i].cursor);
        }
        if (self->readers[i].txn != NULL) {
            mdb_txn_abort(self->readers[i].txn);
        }
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
    int result = reader_begin(self, 0, &one);
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
    int result = reader_begin(self, 1, &one);
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
    int result = reader_begin(self, 1, &one);
    if (result != MDB_SUCCESS) {
        return lmdb_fail(self, result, "cannot read", error);
    }
    namespace_walk on = {.behind = {TAG_RECORD}, .behind_size = 1};
    while ((result = namespace_next(one->cursor, &on)) == MDB_SUCCESS && sink(context, (kcm_bytes){on.name, on.name_size}) == 0) {
    }
    reader_end(self, one);
    return result == MDB_SUCCESS || result == MDB_NOTFOUND ? KCM_OK : lmdb_fail(self, result, "cannot read", error);
}
