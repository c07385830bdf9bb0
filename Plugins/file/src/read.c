/* Get, scan, namespaces: the index says what there is, the files hold the values. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int32_t fail_record(const store *self, const record *named, int number, kcm_error *error)
{
    char tenant[NAME_SIZE], name[NAME_SIZE];
    name_of(named->name_space, tenant);
    name_of(named->key, name);
    if (number == EBADMSG || number == ENOENT || number == ELOOP) {
        return common_fail(error, KCM_CORRUPT, "%.120s/records/%.150s/%s %s", self->path, tenant, name,
                           number == ENOENT ? "is gone" : "is not what was written");
    }
    char path[600];
    snprintf(path, sizeof path, "%.120s/records/%.150s/%s", self->path, tenant, name);
    return common_fail_errno(error, number, "cannot read", path);
}

/* Reads and checks the file of an entry of the index. `fd` is closed; it is -1 with errno where the file could not be opened. */
static int read_entry(int fd, const skip_node *node, const record *named, buffer *bytes, record *out)
{
    if (fd < 0) {
        return errno;
    }
    int number = EBADMSG;
    if (node->revision != 0) {
        record expected = *named;
        expected.value.size = node->value_size;
        number = record_read(fd, record_size(&expected), bytes, out);
        if (number == 0 && (out->revision != node->revision || common_compare(out->key.data, out->key.size, named->key.data, named->key.size) != 0 ||
                            common_compare(out->name_space.data, out->name_space.size, named->name_space.data, named->name_space.size) != 0)) {
            number = EBADMSG;
        }
    }
    close(fd);
    return number;
}

int32_t file_get(void *opaque, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    store *self = opaque;
    if (name_space.size > COMMON_MAXIMUM_NAMESPACE || key.size > MAXIMUM_KEY) {
        return KCM_NOT_FOUND;
    }
    uint8_t full[MAXIMUM_FULL_KEY];
    size_t size = full_key(name_space, key, full);
    int32_t code = KCM_NOT_FOUND;
    buffer bytes;
    buffer_init(&bytes);
    pthread_rwlock_rdlock(&self->reading);
    const skip_node *node = skip_find(&self->index, full, size);
    if (node != NULL) {
        record named = {.name_space = name_space, .key = key}, one;
        int number = read_entry(record_open(self, name_space, key), node, &named, &bytes, &one);
        if (number == 0) {
            sink(context, one.value, one.revision);
        }
        code = number == 0 ? KCM_OK : fail_record(self, &named, number, error);
    }
    pthread_rwlock_unlock(&self->reading);
    buffer_free(&bytes);
    return code;
}

int32_t file_scan(void *opaque, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                  void *context, kcm_error *error)
{
    store *self = opaque;
    if (name_space.size > COMMON_MAXIMUM_NAMESPACE || prefix.size > MAXIMUM_KEY || (after != NULL && after->size > MAXIMUM_KEY)) {
        return KCM_OK;
    }
    uint8_t full[MAXIMUM_FULL_KEY];
    kcm_bytes start;
    int without_start = common_scan_start(prefix, after, &start);
    size_t size = full_key(name_space, start, full);
    size_t tenant = size - start.size;
    int32_t code = KCM_OK;
    buffer bytes;
    buffer_init(&bytes);
    /* For the whole scan: its entries are of one moment, whatever is committed beside it. */
    pthread_rwlock_rdlock(&self->reading);
    const skip_node *node = skip_seek(&self->index, full, size);
    if (node != NULL && without_start && common_compare(node->key, node->key_size, full, size) == 0) {
        node = node->next[0];
    }
    int folder = -1;
    for (; node != NULL && limit > 0 && code == KCM_OK; node = node->next[0], limit--) {
        if (node->key_size < tenant || memcmp(node->key, full, tenant) != 0 ||
            !common_starts_with(node->key + tenant, node->key_size - tenant, prefix)) {
            break;
        }
        record named = {.name_space = name_space, .key = {node->key + tenant, node->key_size - tenant}}, one;
        char name[NAME_SIZE];
        name_of(named.key, name);
        if (folder < 0) {
            folder = tenant_open(self, name_space, 0);
        }
        int fd = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        int number = read_entry(fd, node, &named, &bytes, &one);
        if (number != 0) {
            code = fail_record(self, &named, number, error);
        } else if (sink(context, one.key, one.value, one.revision) != 0) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->reading);
    if (folder >= 0) {
        close(folder);
    }
    buffer_free(&bytes);
    return code;
}

int32_t file_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->reading);
    for (const skip_node *node = skip_next_namespace(&self->index, NULL); node != NULL; node = skip_next_namespace(&self->index, node)) {
        uint8_t name[COMMON_MAXIMUM_NAMESPACE];
        record one;
        split_key(node, name, &one);
        if (sink(context, one.name_space) != 0) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->reading);
    return KCM_OK;
}
