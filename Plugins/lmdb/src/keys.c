/* Keys of any size as LMDB keys, and the head of each value. */
#include "store.h"

static void fill(place *at, kcm_bytes key)
{
    size_t room = LMDB_KEY - at->prefix;
    size_t part = key.size < room ? (size_t)key.size : room;
    common_copy(at->bytes + at->prefix, key.data, part);
    at->size = at->prefix + part;
    at->rest = (kcm_bytes){part < key.size ? key.data + part : NULL, key.size - part};
}

void place_first(place *at, kcm_bytes name_space, kcm_bytes key)
{
    at->bytes[0] = TAG_RECORD;
    at->prefix = 1 + common_namespace_prefix(name_space, at->bytes + 1);
    fill(at, key);
}

void place_next(place *at, uint64_t number)
{
    at->bytes[0] = TAG_LINKED;
    for (int i = 0; i < 8; i++) {
        at->bytes[1 + i] = (uint8_t)(number >> (56 - 8 * i));
    }
    at->prefix = 9;
    fill(at, at->rest);
}

int header_read(MDB_val value, header *out)
{
    if (value.mv_size < HEADER) {
        return 0;
    }
    const uint8_t *bytes = value.mv_data;
    *out = (header){bytes[0], (uint32_t)common_load(bytes + 4, 4), common_load(bytes + 8, 8)};
    return 1;
}

/* Over the type, the revision, the LMDB key and the value. */
static uint32_t checksum(uint8_t type, uint64_t revision, MDB_val key, const void *data, size_t size)
{
    uint8_t head[9] = {type};
    common_store(head + 1, revision, 8);
    uint32_t crc = common_checksum(0, head, sizeof head);
    crc = common_checksum(crc, key.mv_data, key.mv_size);
    return common_checksum(crc, data, size);
}

void header_write(uint8_t *to, uint8_t type, uint64_t revision, MDB_val key, const void *data, size_t size)
{
    memset(to, 0, HEADER);
    to[0] = type;
    common_store(to + 4, checksum(type, revision, key, data, size), 4);
    common_store(to + 8, revision, 8);
}

int header_check(const header *of, MDB_val key, MDB_val value)
{
    return of->checksum == checksum(of->type, of->revision, key, (const uint8_t *)value.mv_data + HEADER, value.mv_size - HEADER);
}

int find(MDB_txn *txn, MDB_dbi dbi, kcm_bytes name_space, kcm_bytes key, kcm_bytes *value, uint64_t *revision)
{
    place at;
    place_first(&at, name_space, key);
    for (;;) {
        MDB_val name = place_key(&at), data;
        int result = mdb_get(txn, dbi, &name, &data);
        if (result != MDB_SUCCESS) {
            return result;
        }
        header head;
        if (!header_read(data, &head) || head.type != (place_is_link(&at) ? TYPE_LINK : TYPE_RECORD) || head.revision == 0) {
            return MDB_CORRUPTED;
        }
        if (head.type == TYPE_RECORD) {
            *value = (kcm_bytes){(const uint8_t *)data.mv_data + HEADER, data.mv_size - HEADER};
            *revision = head.revision;
            return MDB_SUCCESS;
        }
        place_next(&at, head.revision);
    }
}
