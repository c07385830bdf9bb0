/* Names of files and folders, and opening them. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char digits[] = "0123456789abcdef";

/* Capitals are none of these: some file systems take them for the small ones. */
static int is_plain(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

static char *put_hex(char *to, uint8_t byte)
{
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
    return to;
}

void name_of(kcm_bytes bytes, char name[NAME_SIZE])
{
    char *to = name;
    for (uint64_t i = 0; i < bytes.size && to < name + NAME_SIZE - 4; i++) {
        if (is_plain(bytes.data[i])) {
            *to++ = (char)bytes.data[i];
        } else {
            *to++ = '%';
            to = put_hex(to, bytes.data[i]);
        }
        if (i + 1 == bytes.size) {
            *to = '\0';
            return;
        }
    }
    to = name;
    if (bytes.size == 0) {
        *to++ = '%';
    } else {
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        /* Of memory that is there, with a digest that libcrypto always has. */
        (void)EVP_Digest(bytes.data, bytes.size, digest, &size, EVP_sha256(), NULL);
        *to++ = '=';
        for (unsigned i = 0; i < size; i++) {
            to = put_hex(to, digest[i]);
        }
    }
    *to = '\0';
}

static int hex_digit(char c)
{
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

int name_read(const char *name, uint8_t *bytes, size_t *size)
{
    *size = 0;
    if (strcmp(name, "%") == 0) {
        return 1;
    }
    for (const char *at = name; *at != '\0'; at++) {
        if (is_plain((uint8_t)*at)) {
            bytes[(*size)++] = (uint8_t)*at;
            continue;
        }
        int high = *at == '%' ? hex_digit(at[1]) : -1;
        int low = high >= 0 ? hex_digit(at[2]) : -1;
        if (low < 0) {
            return 0;
        }
        bytes[(*size)++] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return *size > 0;
}

int tenant_open(const store *self, kcm_bytes name_space, int make)
{
    char name[NAME_SIZE];
    name_of(name_space, name);
    int fd = openat(self->records, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && make && (mkdirat(self->records, name, 0700) == 0 || errno == EEXIST)) {
        fd = openat(self->records, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    return fd;
}

int record_open(const store *self, kcm_bytes name_space, kcm_bytes key)
{
    char path[2 * NAME_SIZE];
    name_of(name_space, path);
    size_t size = strlen(path);
    path[size] = '/';
    name_of(key, path + size + 1);
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, self->records, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) {
        return fd;
    }
    /* A kernel or sandbox without openat2: one step after the other. */
    int folder = tenant_open(self, name_space, 0);
    if (folder < 0) {
        return folder;
    }
    fd = openat(folder, path + size + 1, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int number = errno;
    close(folder);
    errno = number;
    return fd;
}
