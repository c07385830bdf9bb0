/* The store's index in memory: entries in the order of namespace, then key. For the thousands of records of a Core, not for millions. */
#ifndef KCM_PKCS11_MAP_H
#define KCM_PKCS11_MAP_H

#include "common.h"

#include <p11-kit-1/p11-kit/pkcs11.h>
#include <stddef.h>

/* One allocation: the entry, namespace, key, value. */
typedef struct entry {
    CK_OBJECT_HANDLE object;
    uint64_t transaction; /* that wrote it */
    uint64_t revision;
    kcm_bytes name_space, key, value;
} entry;

typedef struct map {
    entry **entries;
    size_t count, room;
    uint64_t bytes; /* of namespaces, keys and values */
} map;

entry *entry_make(kcm_bytes name_space, kcm_bytes key, kcm_bytes value, uint64_t revision);
void entry_free(entry *self);

static inline int bytes_compare(kcm_bytes a, kcm_bytes b)
{
    return common_compare(a.data, a.size, b.data, b.size);
}

/* The place of the first entry that is not below. */
size_t map_seek(const map *self, kcm_bytes name_space, kcm_bytes key);
entry *map_find(const map *self, kcm_bytes name_space, kcm_bytes key);

/* Makes room for so many more entries, after which map_put does not fail. Returns 0 on success. */
int map_reserve(map *self, size_t more);
/* Takes the entry over and returns the one it replaces, which is the caller's, or NULL. */
entry *map_put(map *self, entry *made);
/* Takes an entry out; it is the caller's. */
void map_remove(map *self, entry *gone);
void map_clear(map *self);

#endif
