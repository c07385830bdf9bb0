/* Statistics, health, and verifying. */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t file_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->reading);
    statistics->namespaces = skip_namespaces(&self->index);
    statistics->entries = self->index.count;
    statistics->bytes = self->bytes + self->journal.size;
    pthread_rwlock_unlock(&self->reading);
    return KCM_OK;
}

int32_t file_health(void *opaque, kcm_error *error)
{
    store *self = opaque;
    if (atomic_load(&self->is_broken)) {
        return common_fail(error, KCM_FAILED, "%.300s cannot be written after an earlier failure; restart to recover from its journal", self->path);
    }
    struct stat named, open;
    if (fstat(self->records, &open) != 0 || fstatat(self->folder, "records", &named, AT_SYMLINK_NOFOLLOW) != 0 ||
        named.st_ino != open.st_ino || open.st_nlink == 0) {
        return common_fail(error, KCM_FAILED, "%.300s/records was moved or removed while it is in use", self->path);
    }
    if (fstat(self->journal.fd, &open) != 0 || fstatat(self->folder, "journal", &named, AT_SYMLINK_NOFOLLOW) != 0 || named.st_ino != open.st_ino) {
        return common_fail(error, KCM_FAILED, "%.300s/journal was moved or removed while it is in use", self->path);
    }
    return common_check_room(self->folder, self->path, error);
}

/* ---- Verifying ---- */

static int32_t damaged(const store *self, const char *tenant, const char *name, const char *what, kcm_error *error)
{
    return common_fail(error, KCM_CORRUPT, "%.120s/records/%.150s/%.220s %s", self->path, tenant, name, what);
}

/* One file, whole, against the index. Its lock is held for this file only: verifying holds up nobody for long. */
static int32_t verify_file(store *self, int folder, const char *tenant, const char *name, buffer *bytes, kcm_error *error)
{
    int32_t code = KCM_OK;
    pthread_rwlock_rdlock(&self->reading);
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        code = errno == ENOENT ? KCM_OK : damaged(self, tenant, name, "cannot be opened", error);
    } else {
        record one;
        int number = record_read_head(fd, bytes, &one);
        if (number == 0) {
            number = record_read(fd, record_size(&one), bytes, &one);
        }
        close(fd);
        char expected[NAME_SIZE], expected_tenant[NAME_SIZE];
        uint8_t full[MAXIMUM_FULL_KEY];
        const skip_node *node = NULL;
        if (number == 0) {
            name_of(one.key, expected);
            name_of(one.name_space, expected_tenant);
            node = skip_find(&self->index, full, full_key(one.name_space, one.key, full));
        }
        if (number != 0) {
            code = damaged(self, tenant, name, "is not what was written", error);
        } else if (node == NULL || strcmp(expected, name) != 0 || strcmp(expected_tenant, tenant) != 0) {
            code = damaged(self, tenant, name, "is none of this store's", error);
        } else if (node->revision != one.revision) {
            code = damaged(self, tenant, name, "has another revision than the store wrote", error);
        }
    }
    pthread_rwlock_unlock(&self->reading);
    return code;
}

static int32_t verify_tenant(store *self, const char *tenant, buffer *bytes, kcm_error *error)
{
    int folder = openat(self->records, tenant, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) {
        return errno == ENOENT ? KCM_OK : damaged(self, tenant, "", "cannot be opened", error);
    }
    DIR *list = fdopendir(folder);
    if (list == NULL) {
        close(folder);
        return common_fail(error, KCM_FAILED, "out of memory");
    }
    int32_t code = KCM_OK;
    for (struct dirent *entry; code == KCM_OK && (entry = readdir(list)) != NULL;) {
        if (entry->d_name[0] != '.' && entry->d_name[0] != TEMPORARY) {
            code = verify_file(self, folder, tenant, entry->d_name, bytes, error);
        }
    }
    closedir(list);
    return code;
}

/* Each entry of the index has its file. */
static int32_t verify_index(store *self, kcm_error *error)
{
    uint8_t last[MAXIMUM_FULL_KEY + 1];
    size_t size = 0;
    for (;;) {
        pthread_rwlock_rdlock(&self->reading);
        const skip_node *node = skip_seek(&self->index, last, size);
        int fd = -1;
        uint8_t name[COMMON_MAXIMUM_NAMESPACE];
        record one;
        char tenant[NAME_SIZE], file[NAME_SIZE];
        if (node != NULL) {
            split_key(node, name, &one);
            name_of(one.name_space, tenant);
            name_of(one.key, file);
            fd = record_open(self, one.name_space, one.key);
            memcpy(last, node->key, node->key_size);
            /* The next possible key. */
            last[node->key_size] = 0;
            size = node->key_size + 1;
        }
        pthread_rwlock_unlock(&self->reading);
        if (node == NULL) {
            return KCM_OK;
        }
        if (fd < 0) {
            return damaged(self, tenant, file, "is gone", error);
        }
        close(fd);
    }
}

int32_t file_verify(void *opaque, kcm_error *error)
{
    store *self = opaque;
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
    for (struct dirent *entry; code == KCM_OK && (entry = readdir(list)) != NULL;) {
        if (entry->d_name[0] != '.') {
            code = verify_tenant(self, entry->d_name, &bytes, error);
        }
    }
    closedir(list);
    buffer_free(&bytes);
    return code == KCM_OK ? verify_index(self, error) : code;
}
