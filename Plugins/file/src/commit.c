/* Commit: files under passing names, one sync of the journal, then renames. One at a time. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- What a group does ---- */

/* The revision that a key has for the next batch of the group, and whether its record can be read. */
static uint64_t revision_of(const store *self, const uint8_t *full, size_t size, int *damaged)
{
    const skip_node *node = skip_find(&self->group, full, size);
    *damaged = 0;
    if (node == NULL) {
        node = skip_find(&self->index, full, size);
        *damaged = node != NULL && node->revision == 0;
    }
    return node != NULL ? node->revision : 0;
}

static int32_t check(const store *self, const kcm_batch *batch)
{
    if (batch->write_count > MAXIMUM_BATCH || batch->name_space.size > COMMON_MAXIMUM_NAMESPACE) {
        return KCM_TOO_LARGE;
    }
    for (uint32_t i = 0; i < batch->write_count; i++) {
        const kcm_write *write = &batch->writes[i];
        int32_t code = common_check_write(write, MAXIMUM_KEY, MAXIMUM_VALUE);
        if (code != KCM_OK) {
            return code;
        }
        uint8_t full[MAXIMUM_FULL_KEY];
        int damaged;
        uint64_t revision = revision_of(self, full, full_key(batch->name_space, write->key, full), &damaged);
        /* A damaged record has no revision to go on from; removing it whatever it is makes room for a new one. */
        if (damaged && (write->operation != KCM_REMOVE || write->expectation != KCM_EXPECT_ANY)) {
            return KCM_CORRUPT;
        }
        if (!common_expectation_holds(write, revision)) {
            return KCM_CONFLICT;
        }
    }
    return KCM_OK;
}

/* Adds a batch whose expectations hold. Returns 0 where memory is out. */
static int take_in(store *self, const kcm_batch *batch)
{
    for (uint32_t i = 0; i < batch->write_count; i++) {
        const kcm_write *write = &batch->writes[i];
        uint8_t full[MAXIMUM_FULL_KEY];
        size_t size = full_key(batch->name_space, write->key, full);
        int damaged;
        uint64_t revision = revision_of(self, full, size, &damaged);
        if (write->operation == KCM_REMOVE && revision == 0 && !damaged) {
            continue;
        }
        skip_node *node = skip_find(&self->group, full, size);
        if (node == NULL) {
            node = skip_make(&self->group, full, size, NULL, 0);
            if (node == NULL) {
                return 0;
            }
            skip_insert(&self->group, node);
        }
        int puts = write->operation != KCM_REMOVE;
        node->revision = puts ? common_next_revision(write, revision) : 0;
        node->value = puts ? write->value.data : NULL;
        node->value_size = puts ? write->value.size : 0;
    }
    return 1;
}

/* ---- Files ---- */

/* The folder of the tenant at hand, kept while the next key is of the same one: keys come in order. */
typedef struct folders {
    int fd;
    size_t size;
    uint8_t name[COMMON_MAXIMUM_NAMESPACE];
} folders;

static int folder_of(const store *self, folders *at, kcm_bytes name_space)
{
    if (at->fd >= 0 && common_compare(at->name, at->size, name_space.data, name_space.size) == 0) {
        return at->fd;
    }
    if (at->fd >= 0) {
        close(at->fd);
    }
    at->fd = tenant_open(self, name_space, 1);
    at->size = name_space.size;
    common_copy(at->name, name_space.data, name_space.size);
    return at->fd;
}

static void temporary_name(uint64_t number, char name[32])
{
    snprintf(name, 32, "%c%llu", TEMPORARY, (unsigned long long)number);
}

/* Calls `body` with each key of the group, its folder and the number of its file. Ends at the first errno. */
static int each(store *self, uint64_t first, int (*body)(store *, skip_node *, const record *, int folder, uint64_t number))
{
    folders at = {.fd = -1};
    int number = 0;
    for (skip_node *node = self->group.head->next[0], *next; node != NULL && number == 0; node = next, first++) {
        next = node->next[0];
        uint8_t name[COMMON_MAXIMUM_NAMESPACE];
        record one;
        split_key(node, name, &one);
        one.value = (kcm_bytes){node->value, node->value_size};
        int folder = folder_of(self, &at, one.name_space);
        number = folder < 0 ? errno : body(self, node, &one, folder, first);
    }
    if (at.fd >= 0) {
        close(at.fd);
    }
    return number;
}

static int write_temporary(store *self, skip_node *node, const record *one, int folder, uint64_t number)
{
    (void)self;
    char name[32];
    temporary_name(number, name);
    return node->revision != 0 ? record_write(folder, name, one) : 0;
}

static int remove_temporary(store *self, skip_node *node, const record *one, int folder, uint64_t number)
{
    (void)self, (void)node, (void)one;
    char name[32];
    temporary_name(number, name);
    (void)unlinkat(folder, name, 0);
    return 0;
}

static int put_in_place(store *self, skip_node *node, const record *one, int folder, uint64_t number)
{
    (void)self;
    char name[NAME_SIZE], temporary[32];
    name_of(one->key, name);
    temporary_name(number, temporary);
    if (node->revision != 0) {
        return renameat(folder, temporary, folder, name) == 0 ? 0 : errno;
    }
    return unlinkat(folder, name, 0) == 0 || errno == ENOENT ? 0 : errno;
}

/* A tenant that has nothing left has no folder. */
static int remove_empty(store *self, skip_node *node, const record *one, int folder, uint64_t number)
{
    (void)node, (void)folder, (void)number;
    uint8_t prefix[COMMON_MAXIMUM_PREFIX];
    size_t size = common_namespace_prefix(one->name_space, prefix);
    const skip_node *rest = skip_seek(&self->index, prefix, size);
    if (rest == NULL || rest->key_size < size || memcmp(rest->key, prefix, size) != 0) {
        char name[NAME_SIZE];
        name_of(one->name_space, name);
        (void)unlinkat(self->records, name, AT_REMOVEDIR);
    }
    return 0;
}

/* ---- The index ---- */

/* Nodes for the index are made before anything is durable, so that nothing can fail behind it. */
static int make_nodes(store *self, skip_node **made)
{
    size_t i = 0;
    for (skip_node *node = self->group.head->next[0]; node != NULL; node = node->next[0], i++) {
        if (node->revision != 0 && skip_find(&self->index, node->key, node->key_size) == NULL &&
            (made[i] = skip_make(&self->index, node->key, node->key_size, NULL, 0)) == NULL) {
            return 0;
        }
    }
    return 1;
}

static uint64_t file_size(const skip_node *node)
{
    uint8_t name[COMMON_MAXIMUM_NAMESPACE];
    record one;
    split_key(node, name, &one);
    one.value.size = node->value_size;
    return record_size(&one);
}

static void change_index(store *self, skip_node **made)
{
    size_t i = 0;
    for (skip_node *node = self->group.head->next[0]; node != NULL; node = node->next[0], i++) {
        skip_node *entry = skip_find(&self->index, node->key, node->key_size);
        if (entry != NULL && entry->revision != 0) {
            self->bytes -= file_size(entry);
        }
        if (node->revision == 0) {
            if (entry != NULL) {
                skip_remove(&self->index, entry);
                free(entry);
            }
            continue;
        }
        if (entry == NULL) {
            entry = made[i];
            made[i] = NULL;
            skip_insert(&self->index, entry);
        }
        entry->revision = node->revision;
        entry->value_size = node->value_size;
        self->bytes += file_size(entry);
    }
}

/* ---- Commit ---- */

static int32_t write_group(store *self, kcm_error *error)
{
    size_t count = self->group.count;
    skip_node **made = calloc(count, sizeof *made);
    uint64_t first = self->temporaries;
    self->temporaries += count;
    int32_t code = KCM_OK;
    int number = 0;
    if (made == NULL || !make_nodes(self, made)) {
        code = common_fail(error, KCM_FAILED, "out of memory");
    } else if ((number = each(self, first, write_temporary)) != 0) {
        code = common_fail_errno(error, number, "cannot write to", self->path);
    } else {
        code = journal_append(self, &self->group, error);
    }
    if (code != KCM_OK) {
        (void)each(self, first, remove_temporary);
    } else {
        pthread_rwlock_wrlock(&self->reading);
        number = each(self, first, put_in_place);
        if (number == 0) {
            change_index(self, made);
        }
        pthread_rwlock_unlock(&self->reading);
        if (number != 0) {
            /* The journal has it, so it is done when the store is opened again; until then nobody can say. */
            atomic_store(&self->is_broken, 1);
            common_fail_errno(error, number, "cannot put records in their place in", self->path);
            code = KCM_TIMED_OUT;
        } else if (journal_is_full(self) && journal_checkpoint(self) != 0) {
            /* This group is safe in the journal; there is no room for another one. */
            atomic_store(&self->is_broken, 1);
        }
    }
    (void)each(self, first, remove_empty);
    for (size_t i = 0; made != NULL && i < count; i++) {
        free(made[i]);
    }
    free(made);
    return code;
}

static int32_t commit_group(store *self, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    if (atomic_load(&self->is_broken)) {
        return common_fail(error, KCM_FAILED, "%.300s cannot be written after an earlier failure; restart to recover from its journal", self->path);
    }
    int32_t code = KCM_OK;
    for (uint32_t i = 0; i < count && code == KCM_OK; i++) {
        batches[i].result = check(self, &batches[i]);
        if (batches[i].result == KCM_OK && !take_in(self, &batches[i])) {
            code = common_fail(error, KCM_FAILED, "out of memory");
        }
    }
    if (code == KCM_OK && self->group.count > 0) {
        code = write_group(self, error);
    }
    skip_clear(&self->group);
    return code;
}

int32_t file_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    store *self = opaque;
    pthread_mutex_lock(&self->writing);
    int32_t code = commit_group(self, batches, count, error);
    if (code == KCM_FULL && count > 1) {
        /* Together they have no room; each by itself may have, and removing makes some. */
        for (uint32_t i = 0; i < count; i++) {
            code = commit_group(self, &batches[i], 1, error);
            if (code != KCM_OK) {
                batches[i].result = code;
            }
        }
        code = KCM_OK;
    }
    pthread_mutex_unlock(&self->writing);
    return code;
}
