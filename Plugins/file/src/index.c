/* The keys of all records, read when the store is opened. */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void split_key(const skip_node *node, uint8_t name[COMMON_MAXIMUM_NAMESPACE], record *out)
{
    size_t size = 0;
    size_t prefix = common_namespace_of(node->key, node->key_size, name, &size);
    *out = (record){.name_space = {name, size}, .key = {node->key + prefix, node->key_size - prefix}, .revision = node->revision};
}

/* A record that cannot be read: under its key where the names tell it, so that a read of it fails instead of finding nothing. */
static int add_damaged(store *self, const char *tenant, const char *name)
{
    char text[2 * NAME_SIZE + 100];
    snprintf(text, sizeof text, "records/%.250s/%.250s is damaged or none of this store's", tenant, name);
    store_log(self, KCM_LOG_ERROR, text);
    uint8_t name_space[NAME_SIZE], key[NAME_SIZE], full[MAXIMUM_FULL_KEY];
    size_t name_space_size, key_size;
    if (strlen(tenant) >= NAME_SIZE || strlen(name) >= NAME_SIZE || !name_read(tenant, name_space, &name_space_size) ||
        !name_read(name, key, &key_size) || name_space_size > COMMON_MAXIMUM_NAMESPACE) {
        return 1;
    }
    size_t size = full_key((kcm_bytes){name_space, name_space_size}, (kcm_bytes){key, key_size}, full);
    if (skip_find(&self->index, full, size) != NULL) {
        return 1;
    }
    skip_node *node = skip_make(&self->index, full, size, NULL, 0);
    if (node != NULL) {
        skip_insert(&self->index, node);
    }
    return node != NULL;
}

/* Returns 0 where memory is out. */
static int add(store *self, int folder, const char *tenant, const char *name, buffer *bytes)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    record one;
    int number = fd < 0 ? errno : record_read_head(fd, bytes, &one);
    if (fd >= 0) {
        close(fd);
    }
    char expected[NAME_SIZE], expected_tenant[NAME_SIZE];
    if (number == 0) {
        name_of(one.key, expected);
        name_of(one.name_space, expected_tenant);
    }
    if (number != 0 || strcmp(expected, name) != 0 || strcmp(expected_tenant, tenant) != 0) {
        return add_damaged(self, tenant, name);
    }
    uint8_t full[MAXIMUM_FULL_KEY];
    skip_node *node = skip_make(&self->index, full, full_key(one.name_space, one.key, full), NULL, 0);
    if (node == NULL) {
        return 0;
    }
    node->revision = one.revision;
    node->value_size = one.value.size;
    skip_insert(&self->index, node);
    self->bytes += record_size(&one);
    return 1;
}

static int32_t add_tenant(store *self, const char *tenant, buffer *bytes, kcm_error *error)
{
    int folder = openat(self->records, tenant, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = folder < 0 ? NULL : fdopendir(folder);
    if (list == NULL) {
        int number = errno;
        if (folder >= 0) {
            close(folder);
        }
        return common_fail_errno(error, number, "cannot read a tenant's folder in", self->path);
    }
    int32_t code = KCM_OK;
    errno = 0;
    for (struct dirent *entry; code == KCM_OK && (entry = readdir(list)) != NULL; errno = 0) {
        const char *name = entry->d_name;
        if (name[0] == '.') {
            continue;
        }
        if (name[0] == TEMPORARY) {
            (void)unlinkat(folder, name, 0);
        } else if (!add(self, folder, tenant, name, bytes)) {
            code = common_fail(error, KCM_FAILED, "out of memory");
        }
    }
    if (code == KCM_OK && errno != 0) {
        code = common_fail_errno(error, errno, "cannot read a tenant's folder in", self->path);
    }
    closedir(list);
    return code;
}

int32_t index_build(store *self, kcm_error *error)
{
    int folder = openat(self->records, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = folder < 0 ? NULL : fdopendir(folder);
    if (list == NULL) {
        int number = errno;
        if (folder >= 0) {
            close(folder);
        }
        return common_fail_errno(error, number, "cannot read", self->path);
    }
    buffer bytes;
    buffer_init(&bytes);
    int32_t code = KCM_OK;
    errno = 0;
    for (struct dirent *entry; code == KCM_OK && (entry = readdir(list)) != NULL; errno = 0) {
        if (entry->d_name[0] != '.') {
            code = add_tenant(self, entry->d_name, &bytes, error);
        }
    }
    if (code == KCM_OK && errno != 0) {
        code = common_fail_errno(error, errno, "cannot read", self->path);
    }
    closedir(list);
    return code;
}
