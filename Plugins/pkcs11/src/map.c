#include "map.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static kcm_bytes place(uint8_t **at, kcm_bytes bytes)
{
    kcm_bytes placed = {*at, bytes.size};
    common_copy(*at, bytes.data, bytes.size);
    *at += bytes.size;
    return placed;
}

entry *entry_make(kcm_bytes name_space, kcm_bytes key, kcm_bytes value, uint64_t revision)
{
    entry *made = calloc(1, sizeof *made + name_space.size + key.size + value.size);
    if (made != NULL) {
        uint8_t *at = (uint8_t *)(made + 1);
        made->revision = revision;
        made->name_space = place(&at, name_space);
        made->key = place(&at, key);
        made->value = place(&at, value);
    }
    return made;
}

static uint64_t entry_bytes(const entry *self)
{
    return self->name_space.size + self->key.size + self->value.size;
}

void entry_free(entry *self)
{
    if (self != NULL) {
        OPENSSL_cleanse(self, sizeof *self + entry_bytes(self));
        free(self);
    }
}

size_t map_seek(const map *self, kcm_bytes name_space, kcm_bytes key)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(self->entries[middle]->name_space, name_space);
        if (order == 0) {
            order = bytes_compare(self->entries[middle]->key, key);
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int is_at(const map *self, size_t place, kcm_bytes name_space, kcm_bytes key)
{
    return place < self->count && bytes_compare(self->entries[place]->name_space, name_space) == 0 &&
           bytes_compare(self->entries[place]->key, key) == 0;
}

entry *map_find(const map *self, kcm_bytes name_space, kcm_bytes key)
{
    size_t place = map_seek(self, name_space, key);
    return is_at(self, place, name_space, key) ? self->entries[place] : NULL;
}

int map_reserve(map *self, size_t more)
{
    if (self->count + more <= self->room) {
        return 0;
    }
    size_t room = (self->count + more) * 2;
    entry **grown = realloc(self->entries, room * sizeof *grown);
    if (grown == NULL) {
        return -1;
    }
    self->entries = grown;
    self->room = room;
    return 0;
}

entry *map_put(map *self, entry *made)
{
    size_t place = map_seek(self, made->name_space, made->key);
    entry *before = NULL;
    if (is_at(self, place, made->name_space, made->key)) {
        before = self->entries[place];
        self->bytes -= entry_bytes(before);
    } else {
        memmove(self->entries + place + 1, self->entries + place, (self->count - place) * sizeof *self->entries);
        self->count++;
    }
    self->entries[place] = made;
    self->bytes += entry_bytes(made);
    return before;
}

void map_remove(map *self, entry *gone)
{
    size_t place = map_seek(self, gone->name_space, gone->key);
    self->count--;
    memmove(self->entries + place, self->entries + place + 1, (self->count - place) * sizeof *self->entries);
    self->bytes -= entry_bytes(gone);
}

void map_clear(map *self)
{
    for (size_t i = 0; i < self->count; i++) {
        entry_free(self->entries[i]);
    }
    free(self->entries);
    *self = (map){0};
}
