/*
 * The journal, numbers little-endian. Two heads, at 0 and 4,096, of which the one of the higher generation counts:
 *   "KCMJ", CRC-32C of what follows (4), generation (8), sequence of the first group (8)
 * Groups from 8,192 on, each at a multiple of 4,096, so that writing one never touches a page of another:
 *   "KCMG", CRC-32C of the rest of the head (4), sequence (8), size of the body (8), CRC-32C of the body (4), zero (4); the body: for
 *   each key, size of the namespace (2), of the key (2), revision (8; 0: remove), size of the value (4), namespace, key, value.
 * Its blocks are written once when it is made, so that a sync has no sizes or extents to write. What is behind the last group is of an
 * earlier round, and its sequence tells.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define FIRST (2 * PAGE)
#define HEAD 24
#define GROUP_HEAD 32
#define STEP_HEAD 16

static uint64_t padded(uint64_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

static int write_all(int fd, const uint8_t *bytes, size_t size, uint64_t at)
{
    while (size > 0) {
        ssize_t written = pwrite(fd, bytes, size, (off_t)at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return errno;
        }
        bytes += written;
        size -= (size_t)written;
        at += (uint64_t)written;
    }
    return 0;
}

/* Starts a round: groups from the next sequence on count. */
static int write_head(journal *of)
{
    uint8_t page[PAGE] = "KCMJ";
    common_store(page + 8, of->generation + 1, 8);
    common_store(page + 16, of->sequence, 8);
    common_store(page + 4, common_checksum(0, page + 8, HEAD - 8), 4);
    int number = write_all(of->fd, page, PAGE, (of->generation + 1) % 2 * PAGE);
    if (number == 0 && fdatasync(of->fd) != 0) {
        number = errno;
    }
    if (number == 0) {
        of->generation++;
        of->end = FIRST;
    }
    return number;
}

/* ---- Reading ---- */

/* Whether there is a head of this sequence at `bytes`. */
static int is_group(const uint8_t *bytes, size_t left, uint64_t sequence)
{
    return left >= GROUP_HEAD && memcmp(bytes, "KCMG", 4) == 0 && common_load(bytes + 4, 4) == common_checksum(0, bytes + 8, GROUP_HEAD - 8) &&
           common_load(bytes + 8, 8) == sequence;
}

/* Does one group again. EBADMSG: it is not what a store writes. */
static int replay(store *self, const uint8_t *body, size_t left)
{
    while (left > 0) {
        if (left < STEP_HEAD) {
            return EBADMSG;
        }
        record one = {
            .name_space = {body + STEP_HEAD, common_load(body, 2)},
            .key = {NULL, common_load(body + 2, 2)},
            .revision = common_load(body + 4, 8),
            .value = {NULL, common_load(body + 12, 4)},
        };
        uint64_t size = STEP_HEAD + one.name_space.size + one.key.size + one.value.size;
        if (size > left || one.name_space.size > COMMON_MAXIMUM_NAMESPACE || one.key.size > MAXIMUM_KEY || one.value.size > MAXIMUM_VALUE) {
            return EBADMSG;
        }
        one.key.data = one.name_space.data + one.name_space.size;
        one.value.data = one.key.data + one.key.size;
        body += size;
        left -= size;
        char name[NAME_SIZE], temporary[32];
        name_of(one.key, name);
        snprintf(temporary, sizeof temporary, "%c%llu", TEMPORARY, (unsigned long long)self->temporaries++);
        int folder = tenant_open(self, one.name_space, one.revision != 0);
        if (folder < 0 && errno == ENOENT && one.revision == 0) {
            continue;
        }
        if (folder < 0) {
            return errno;
        }
        int number = 0;
        if (one.revision == 0) {
            number = unlinkat(folder, name, 0) == 0 || errno == ENOENT ? 0 : errno;
        } else {
            (void)unlinkat(folder, temporary, 0);
            number = record_write(folder, temporary, &one);
            if (number == 0 && renameat(folder, temporary, folder, name) != 0) {
                number = errno;
            }
        }
        close(folder);
        if (number != 0) {
            return number;
        }
    }
    return 0;
}

static int32_t recover(store *self, const uint8_t *bytes, size_t size, int *replayed, kcm_error *error)
{
    journal *of = &self->journal;
    int found = 0;
    for (int slot = 0; slot < 2 && size >= FIRST; slot++) {
        const uint8_t *head = bytes + slot * PAGE;
        if (memcmp(head, "KCMJ", 4) == 0 && common_load(head + 4, 4) == common_checksum(0, head + 8, HEAD - 8) &&
            (!found || common_load(head + 8, 8) > of->generation)) {
            of->generation = common_load(head + 8, 8);
            of->sequence = common_load(head + 16, 8);
            found = 1;
        }
    }
    if (!found) {
        return common_fail(error, KCM_CORRUPT, "%.300s/journal is none of this store's, or its heads are damaged", self->path);
    }
    for (uint64_t at = FIRST; at < size && is_group(bytes + at, size - at, of->sequence);) {
        const uint8_t *head = bytes + at;
        uint64_t body = common_load(head + 16, 8);
        int whole = body <= size - at - GROUP_HEAD && common_checksum(0, head + GROUP_HEAD, body) == common_load(head + 24, 4);
        uint64_t next = at + padded(GROUP_HEAD + (whole || body < size ? body : 0));
        if (!whole && next < size && is_group(bytes + next, size - next, of->sequence + 1)) {
            /* The last group may be torn: nobody was told that it is there. This one has another behind it. */
            return common_fail(error, KCM_CORRUPT, "%.300s/journal is damaged in group %llu", self->path, (unsigned long long)of->sequence);
        }
        if (!whole) {
            break;
        }
        int number = replay(self, head + GROUP_HEAD, body);
        if (number == EBADMSG) {
            return common_fail(error, KCM_CORRUPT, "%.300s/journal is damaged in group %llu", self->path, (unsigned long long)of->sequence);
        }
        if (number != 0) {
            return common_fail_errno(error, number, "cannot recover from the journal of", self->path);
        }
        of->sequence++;
        at = next;
        *replayed = 1;
    }
    return KCM_OK;
}

/* Whether any tenant has a folder. */
static int has_records(const store *self)
{
    struct stat status;
    /* A folder's links are itself, its name, and one for each folder in it; btrfs and some others always say 1. */
    if (fstat(self->records, &status) == 0 && status.st_nlink > 1) {
        return status.st_nlink > 2;
    }
    return 0;
}

/* Makes the file: zeros, then a head. A file without one is not finished and is made again. */
static int make(journal *of)
{
    static const uint8_t zeros[16 * PAGE];
    int number = ftruncate(of->fd, 0) == 0 ? 0 : errno;
    for (uint64_t at = 0; at < of->size && number == 0; at += sizeof zeros) {
        number = write_all(of->fd, zeros, of->size - at < sizeof zeros ? (size_t)(of->size - at) : sizeof zeros, at);
    }
    if (number == 0 && fsync(of->fd) != 0) {
        number = errno;
    }
    of->sequence = 1;
    return number == 0 ? write_head(of) : number;
}

int32_t journal_open(store *self, uint64_t size, int *replayed, kcm_error *error)
{
    journal *of = &self->journal;
    of->size = padded(size);
    of->end = FIRST;
    of->fd = openat(self->folder, "journal", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat status;
    if (of->fd < 0 || fstat(of->fd, &status) != 0) {
        return common_fail_errno(error, errno, "cannot open the journal of", self->path);
    }
    uint64_t length = (uint64_t)status.st_size;
    uint8_t *bytes = malloc(length > 0 ? length : 1);
    if (bytes == NULL) {
        return common_fail(error, KCM_FAILED, "out of memory for the journal of %.300s", self->path);
    }
    int32_t code = KCM_OK;
    uint64_t got = 0;
    while (got < length) {
        ssize_t count = pread(of->fd, bytes + got, length - got, (off_t)got);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            code = common_fail_errno(error, count < 0 ? errno : EIO, "cannot read the journal of", self->path);
            break;
        }
        got += (uint64_t)count;
    }
    int is_new = 1;
    for (uint64_t i = 0; i < got && i < FIRST && is_new; i++) {
        is_new = bytes[i] == 0;
    }
    if (code == KCM_OK && is_new && has_records(self)) {
        code = common_fail(error, KCM_CORRUPT, "%.300s has records and no journal", self->path);
    } else if (code == KCM_OK && is_new) {
        int number = make(of);
        code = number == 0 ? KCM_OK : common_fail_errno(error, number, "cannot make the journal of", self->path);
    } else if (code == KCM_OK) {
        code = recover(self, bytes, got, replayed, error);
    }
    free(bytes);
    return code;
}

/* ---- Writing ---- */

static uint8_t *write_step(uint8_t *to, const skip_node *node)
{
    uint8_t name[COMMON_MAXIMUM_NAMESPACE];
    record one;
    split_key(node, name, &one);
    common_store(to, one.name_space.size, 2);
    common_store(to + 2, one.key.size, 2);
    common_store(to + 4, node->revision, 8);
    common_store(to + 12, node->value_size, 4);
    to += STEP_HEAD;
    common_copy(to, one.name_space.data, one.name_space.size);
    to += one.name_space.size;
    common_copy(to, one.key.data, one.key.size);
    to += one.key.size;
    common_copy(to, node->value, node->value_size);
    return to + node->value_size;
}

int32_t journal_append(store *self, const skip_list *group, kcm_error *error)
{
    journal *of = &self->journal;
    /* An upper bound: the prefix of a namespace is longer than the namespace. */
    uint64_t room = GROUP_HEAD;
    for (const skip_node *node = group->head->next[0]; node != NULL; node = node->next[0]) {
        room += STEP_HEAD + node->key_size + node->value_size;
    }
    uint8_t *bytes = calloc(1, padded(room));
    if (bytes == NULL) {
        return common_fail(error, KCM_FAILED, "out of memory");
    }
    uint8_t *to = bytes + GROUP_HEAD;
    for (const skip_node *node = group->head->next[0]; node != NULL; node = node->next[0]) {
        to = write_step(to, node);
    }
    uint64_t body = (uint64_t)(to - bytes) - GROUP_HEAD;
    memcpy(bytes, "KCMG", 4);
    common_store(bytes + 8, of->sequence, 8);
    common_store(bytes + 16, body, 8);
    common_store(bytes + 24, common_checksum(0, bytes + GROUP_HEAD, body), 4);
    common_store(bytes + 4, common_checksum(0, bytes + 8, GROUP_HEAD - 8), 4);
    uint64_t size = padded(GROUP_HEAD + body);
    int number = write_all(of->fd, bytes, size, of->end);
    int synced = number == 0 && fdatasync(of->fd) == 0;
    if (number == 0 && !synced) {
        number = errno;
    }
    if (number == 0) {
        of->end += size;
        of->sequence++;
    } else {
        /* It may be there whole: it must not come back after a crash. Where even that fails, or a sync failed, nobody knows. */
        memset(bytes, 0, GROUP_HEAD);
        if (write_all(of->fd, bytes, GROUP_HEAD, of->end) != 0 || fdatasync(of->fd) != 0 || number == EIO) {
            atomic_store(&self->is_broken, 1);
        }
    }
    free(bytes);
    return number == 0 ? KCM_OK : common_fail_errno(error, number, "cannot write the journal of", self->path);
}

int journal_is_full(const store *self)
{
    return self->journal.end >= self->journal.size;
}

int journal_checkpoint(store *self)
{
    journal *of = &self->journal;
    /* One call for thousands of files and their folders. It takes along what others have on the same file system; the alternative,
     * two syncs for each file, would cost more from a dozen on. */
    if (syncfs(self->records) != 0) {
        return errno;
    }
    struct stat status;
    int number = write_head(of);
    if (number == 0 && fstat(of->fd, &status) == 0 && (uint64_t)status.st_size > of->size) {
        (void)ftruncate(of->fd, (off_t)of->size);
    }
    return number;
}
