/* Reading the journal: what counts, what is in doubt, and what is left to be destroyed. */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct found {
    CK_OBJECT_HANDLE object;
    entry *entry;
    uint64_t transaction;
    uint32_t count;
    uint8_t kind; /* 0: cut short */
    uint8_t is_replaced;
} found;

typedef struct loading {
    found *list;
    size_t count, room;
    int32_t *result;
    kcm_error *error;
} loading;

static CK_RV refuse(loading *self, int32_t result, const char *what, uint64_t transaction)
{
    snprintf(self->error->text, sizeof self->error->text, "a record of transaction %llu on the token %s", (unsigned long long)transaction, what);
    *self->result = result;
    return CKR_OK;
}

static CK_RV take_record(loading *self, CK_OBJECT_HANDLE object, uint64_t transaction, const uint8_t *value, size_t size)
{
    found one = {.object = object, .transaction = transaction};
    if (size > 0) {
        record record;
        int decoded = record_decode(&record, value, size);
        if (decoded != 0 || record.transaction != transaction) {
            return decoded == -2 ? refuse(self, KCM_INVALID, "was written by a newer version of this plugin", transaction)
                                 : refuse(self, KCM_CORRUPT, "is not what was written", transaction);
        }
        one.kind = record.kind;
        one.count = record.count;
        one.entry = entry_make(record.name_space, record.key, record.value, record.revision);
        if (one.entry == NULL) {
            return CKR_HOST_MEMORY;
        }
        one.entry->object = object;
        one.entry->transaction = transaction;
    }
    self->list[self->count++] = one;
    return CKR_OK;
}

static CK_RV load_one(void *context, const session *session, CK_OBJECT_HANDLE object)
{
    loading *self = context;
    if (*self->result != KCM_OK) {
        return CKR_OK;
    }
    if (self->count == self->room) {
        size_t room = self->room * 2 + 64;
        found *grown = realloc(self->list, room * sizeof *grown);
        if (grown == NULL) {
            return CKR_HOST_MEMORY;
        }
        self->list = grown;
        self->room = room;
    }
    uint8_t *label, *value;
    size_t label_size, value_size;
    CK_RV code = objects_read(session, object, CKA_LABEL, &label, &label_size);
    if (code != CKR_OK) {
        return code;
    }
    uint64_t transaction = label != NULL ? record_label_transaction(label, label_size) : 0;
    int is_nameless = label == NULL;
    free(label);
    if (transaction == 0 && !is_nameless) {
        return CKR_OK;
    }
    code = objects_read(session, object, CKA_VALUE, &value, &value_size);
    if (code != CKR_OK) {
        return code;
    }
    if (!is_nameless) {
        code = take_record(self, object, transaction, value, value_size);
    } else if (value == NULL) {
        /* SoftHSM makes an object attribute by attribute: a kill left one at its beginning. */
        code = objects_destroy(session, object);
    }
    free(value);
    return code;
}

/* By namespace, key, then the newest first; what is cut short comes last. */
static int by_key(const void *left, const void *right)
{
    const found *a = left, *b = right;
    if (a->entry == NULL || b->entry == NULL) {
        return (a->entry == NULL) - (b->entry == NULL);
    }
    int order = bytes_compare(a->entry->name_space, b->entry->name_space);
    if (order == 0) {
        order = bytes_compare(a->entry->key, b->entry->key);
    }
    return order != 0 ? order : (a->transaction < b->transaction) - (a->transaction > b->transaction);
}

/* Finds the last transaction, and takes it back where it was not finished. */
static CK_RV settle(journal *self, const session *session, loading *all)
{
    uint64_t last = 0, before = 0;
    size_t there = 0;
    uint32_t expected = 0;
    int cut = 0;
    for (size_t i = 0; i < all->count; i++) {
        found *one = &all->list[i];
        if (one->transaction > last) {
            before = last;
            last = one->transaction;
            there = 0;
            expected = 0;
            cut = 0;
        } else if (one->transaction > before && one->transaction < last) {
            before = one->transaction;
        }
        if (one->transaction == last) {
            there++;
            cut |= one->kind == 0;
            expected = one->count > expected ? one->count : expected;
        }
    }
    self->transaction = last;
    self->committed = last;
    for (size_t i = 0; i < all->count; i++) {
        if (all->list[i].kind == 0 && all->list[i].transaction != last) {
            return refuse(all, KCM_CORRUPT, "has lost its value", all->list[i].transaction);
        }
    }
    if (!cut && there == expected) {
        return CKR_OK;
    }
    if (there > expected && !cut) {
        return refuse(all, KCM_CORRUPT, "is there twice", last);
    }
    self->committed = before;
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++) {
        found one = all->list[i];
        if (one.transaction == last) {
            CK_RV code = objects_destroy(session, one.object);
            if (code != CKR_OK) {
                /* The rest stays in the list, where its memory is known. */
                memmove(&all->list[kept], &all->list[i], (all->count - i) * sizeof *all->list);
                all->count = kept + all->count - i;
                return code;
            }
            entry_free(one.entry);
        } else {
            all->list[kept++] = one;
        }
    }
    all->count = kept;
    return CKR_OK;
}

/* Moves what counts into the map and lists the rest for destruction. */
static CK_RV gather(journal *self, loading *all, map *map)
{
    qsort(all->list, all->count, sizeof *all->list, by_key);
    if (map_reserve(map, all->count) != 0 || handles_reserve(&self->stale, all->count) != 0 || handles_reserve(&self->removals, all->count) != 0) {
        return CKR_HOST_MEMORY;
    }
    const found *newest = NULL;
    for (size_t i = 0; i < all->count; i++) {
        found *one = &all->list[i];
        one->is_replaced = newest != NULL && bytes_compare(newest->entry->name_space, one->entry->name_space) == 0 &&
                           bytes_compare(newest->entry->key, one->entry->key) == 0;
        if (one->is_replaced && newest->transaction == one->transaction) {
            return refuse(all, KCM_CORRUPT, "has the key of another", one->transaction);
        }
        newest = one->is_replaced ? newest : one;
    }
    /* journal_sweep takes them from the end. Removals go last: until then they stand over what they removed. */
    for (size_t i = 0; i < all->count; i++) {
        const found *one = &all->list[i];
        if (!one->is_replaced && one->kind == RECORD_REMOVED) {
            handles *to = one->transaction == self->committed ? &self->removals : &self->stale;
            to->list[to->count++] = one->object;
        }
    }
    for (size_t i = 0; i < all->count; i++) {
        found *one = &all->list[i];
        if (one->is_replaced) {
            self->stale.list[self->stale.count++] = one->object;
        } else if (one->kind == RECORD_PUT) {
            (void)map_put(map, one->entry);
            one->entry = NULL;
        }
    }
    return CKR_OK;
}

CK_RV journal_load(journal *self, const session *session, map *map, int takes_over, int32_t *result, kcm_error *error)
{
    uint64_t known = self->committed;
    self->epoch = 0;
    self->stale.count = 0;
    self->removals.count = 0;
    CK_RV code = takes_over ? journal_take_over(self, session) : journal_find_owner(self, session, 1, result, error);
    if (code != CKR_OK || *result != KCM_OK) {
        return code;
    }
    loading all = {.result = result, .error = error};
    code = journal_each(self, session, load_one, &all);
    if (code == CKR_OK && *result == KCM_OK) {
        code = settle(self, session, &all);
    }
    if (code == CKR_OK && *result == KCM_OK && self->committed < known) {
        code = refuse(&all, KCM_CORRUPT, "is the last, and this process has committed later ones: the token is not the one it was", self->committed);
    }
    if (code == CKR_OK && *result == KCM_OK) {
        code = gather(self, &all, map);
    }
    for (size_t i = 0; i < all.count; i++) {
        entry_free(all.list[i].entry);
    }
    free(all.list);
    if (code == CKR_OK && *result == KCM_OK) {
        code = journal_sweep(self, session);
    }
    if (code == CKR_OK && *result == KCM_OK) {
        self->epoch = session->epoch;
    } else {
        self->committed = known;
    }
    return code;
}
