/*
 * A record as a file, numbers little-endian:
 *   "KCMR", version (2), size of the namespace (2), of the key (4), CRC-32C of the value (4), revision (8), size of the value (8),
 *   CRC-32C of all before it, of the namespace and of the key (4); then namespace, key, value.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define VERSION 1

void buffer_init(buffer *bytes)
{
    bytes->data = bytes->own;
    bytes->room = sizeof bytes->own;
}

int buffer_reserve(buffer *bytes, size_t size)
{
    if (size <= bytes->room) {
        return 1;
    }
    buffer_free(bytes);
    uint8_t *data = malloc(size);
    if (data == NULL) {
        return 0;
    }
    bytes->data = data;
    bytes->room = size;
    return 1;
}

void buffer_free(buffer *bytes)
{
    if (bytes->data != bytes->own) {
        free(bytes->data);
    }
    buffer_init(bytes);
}

static uint32_t head_checksum(const uint8_t *head, kcm_bytes name_space, kcm_bytes key)
{
    uint32_t crc = common_checksum(0, head, RECORD_HEAD - 4);
    crc = common_checksum(crc, name_space.data, name_space.size);
    return common_checksum(crc, key.data, key.size);
}

static void write_head(uint8_t *head, const record *one)
{
    memcpy(head, "KCMR", 4);
    common_store(head + 4, VERSION, 2);
    common_store(head + 6, one->name_space.size, 2);
    common_store(head + 8, one->key.size, 4);
    common_store(head + 12, common_checksum(0, one->value.data, one->value.size), 4);
    common_store(head + 16, one->revision, 8);
    common_store(head + 24, one->value.size, 8);
    common_store(head + 32, head_checksum(head, one->name_space, one->key), 4);
}

/* Reads the sizes; 0 where it is no head. */
static int read_head(const uint8_t *head, record *out)
{
    *out = (record){
        .name_space = {NULL, common_load(head + 6, 2)},
        .key = {NULL, common_load(head + 8, 4)},
        .value = {NULL, common_load(head + 24, 8)},
        .revision = common_load(head + 16, 8),
    };
    return memcmp(head, "KCMR", 4) == 0 && common_load(head + 4, 2) == VERSION && out->name_space.size <= COMMON_MAXIMUM_NAMESPACE &&
           out->key.size <= MAXIMUM_KEY && out->value.size <= MAXIMUM_VALUE && out->revision != 0;
}

int record_write(int folder, const char *name, const record *one)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return errno;
    }
    uint8_t head[RECORD_HEAD];
    write_head(head, one);
    struct iovec parts[] = {
        {head, sizeof head},
        {(void *)one->name_space.data, one->name_space.size},
        {(void *)one->key.data, one->key.size},
        {(void *)one->value.data, one->value.size},
    };
    struct iovec *next = parts;
    int left = 4, number = 0;
    while (left > 0) {
        ssize_t written = writev(fd, next, left);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            number = errno;
            break;
        }
        while (left > 0 && (size_t)written >= next->iov_len) {
            written -= (ssize_t)next->iov_len;
            next++;
            left--;
        }
        if (left > 0) {
            next->iov_base = (uint8_t *)next->iov_base + written;
            next->iov_len -= (size_t)written;
        }
    }
    if (close(fd) != 0 && number == 0) {
        number = errno;
    }
    if (number != 0) {
        (void)unlinkat(folder, name, 0);
    }
    return number;
}

/* Up to `size` bytes from the start: how many there are, or -1 with errno. */
static ssize_t read_start(int fd, uint8_t *to, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t count = pread(fd, to + got, size - got, (off_t)got);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -1;
        }
        if (count == 0) {
            break;
        }
        got += (size_t)count;
    }
    return (ssize_t)got;
}

/* Points the parts into the bytes behind the head and checks head, namespace and key. */
static int place_parts(const uint8_t *bytes, size_t size, record *out)
{
    if (size < RECORD_HEAD || !read_head(bytes, out) || size < RECORD_HEAD + out->name_space.size + out->key.size) {
        return EBADMSG;
    }
    out->name_space.data = bytes + RECORD_HEAD;
    out->key.data = out->name_space.data + out->name_space.size;
    return head_checksum(bytes, out->name_space, out->key) == common_load(bytes + 32, 4) ? 0 : EBADMSG;
}

int record_read(int fd, uint64_t size, buffer *bytes, record *out)
{
    if (!buffer_reserve(bytes, size + 1)) {
        return ENOMEM;
    }
    /* One byte more than there should be shows a file that is longer. */
    ssize_t got = read_start(fd, bytes->data, size + 1);
    if (got < 0) {
        return errno;
    }
    if ((uint64_t)got != size || place_parts(bytes->data, size, out) != 0 || record_size(out) != size) {
        return EBADMSG;
    }
    out->value.data = out->key.data + out->key.size;
    return common_checksum(0, out->value.data, out->value.size) == common_load(bytes->data + 12, 4) ? 0 : EBADMSG;
}

int record_read_head(int fd, buffer *bytes, record *out)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return EBADMSG;
    }
    ssize_t got = read_start(fd, bytes->data, RECORD_HEAD + COMMON_MAXIMUM_NAMESPACE + MAXIMUM_KEY);
    if (got < 0) {
        return errno;
    }
    if (place_parts(bytes->data, (size_t)got, out) != 0 || record_size(out) != (uint64_t)status.st_size) {
        return EBADMSG;
    }
    return 0;
}
