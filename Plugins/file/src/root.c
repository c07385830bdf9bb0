/*
 * The root of trust: its key stands in a file. AES-256-GCM through libcrypto; the blob is
 *   format (1 byte, 1), version of the root key (4, big-endian), nonce (12), ciphertext, tag (16)
 * with the first five bytes as additional data.
 */
#include "root.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_SIZE 32
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define HEADER_SIZE 5
#define MAXIMUM_VERSIONS 64
#define MAXIMUM_FILE 16384
#define FIRST_LINE "kcm-root-key-1"

typedef struct root_key {
    uint32_t version;
    uint8_t bytes[KEY_SIZE];
} root_key;

/* One page-aligned, locked block. */
typedef struct root {
    size_t mapped;
    uint32_t count;
    root_key keys[MAXIMUM_VERSIONS];
    char path[1024];
} root;

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

/* Reads the lines behind the first: `<version> <64 lower-case hex digits>`. Returns the line number at fault, or 0. */
static int parse(root *self, char *text)
{
    int number = 1;
    char *line = strchr(text, '\n');
    if (line == NULL || strncmp(text, FIRST_LINE "\n", sizeof FIRST_LINE) != 0) {
        return number;
    }
    line++;
    while (*line != '\0') {
        number++;
        char *end = strchr(line, '\n');
        if (end == NULL) {
            return number;
        }
        char *digits;
        errno = 0;
        unsigned long version = strtoul(line, &digits, 10);
        if (line[0] < '0' || line[0] > '9' || errno != 0 || version == 0 || version > UINT32_MAX || *digits != ' ' || end - digits - 1 != KEY_SIZE * 2 ||
            self->count == MAXIMUM_VERSIONS) {
            return number;
        }
        root_key *key = &self->keys[self->count];
        for (int i = 0; i < KEY_SIZE; i++) {
            int high = hex_digit(digits[1 + 2 * i]), low = hex_digit(digits[2 + 2 * i]);
            if (high < 0 || low < 0) {
                return number;
            }
            key->bytes[i] = (uint8_t)(high << 4 | low);
        }
        key->version = (uint32_t)version;
        for (uint32_t i = 0; i < self->count; i++) {
            if (self->keys[i].version == key->version) {
                return number;
            }
        }
        self->count++;
        line = end + 1;
    }
    return self->count > 0 ? 0 : number;
}

static int32_t load(root *self, kcm_error *error)
{
    /* NONBLOCK: a pipe in its place is refused below and does not hold up the start. */
    int fd = open(self->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT) {
        snprintf(error->text, sizeof error->text, "there is no root key file %.300s; 'kcmctl init' writes one, the plugin's README shows how to",
                 self->path);
        return KCM_INVALID;
    }
    if (fd < 0) {
        snprintf(error->text, sizeof error->text, "cannot read the root key file %.300s: %.100s", self->path, strerror(errno));
        return KCM_INVALID;
    }
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        snprintf(error->text, sizeof error->text, "the root key file %.300s is not a regular file", self->path);
        return KCM_INVALID;
    }
    if ((status.st_mode & 077) != 0) {
        close(fd);
        snprintf(error->text, sizeof error->text, "the root key file %.300s has mode %03o; only its owner may read it (chmod 600)",
                 self->path, (unsigned)(status.st_mode & 0777));
        return KCM_INVALID;
    }
    char text[MAXIMUM_FILE + 1];
    size_t size = 0;
    ssize_t got;
    while (size < MAXIMUM_FILE && (got = read(fd, text + size, MAXIMUM_FILE - size)) > 0) {
        size += (size_t)got;
    }
    close(fd);
    text[size] = '\0';
    int line = parse(self, text);
    OPENSSL_cleanse(text, sizeof text);
    if (line != 0) {
        snprintf(error->text, sizeof error->text,
                 "line %d of the root key file %.300s is wrong; expected '" FIRST_LINE "', then lines of a version and 64 hex digits",
                 line, self->path);
        return KCM_INVALID;
    }
    return KCM_OK;
}

static void root_close(void *opaque)
{
    root *self = opaque;
    size_t mapped = self->mapped;
    OPENSSL_cleanse(self, mapped);
    munlock(self, mapped);
    munmap(self, mapped);
}

static int32_t root_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    (void)host;
    const char *path = NULL;
    int32_t known = common_settings(settings, count, (common_setting[]){{"path", &path}}, 1, error);
    if (known != KCM_OK) {
        return known;
    }
    if (path == NULL || *path == '\0' || strlen(path) >= sizeof((root *)0)->path) {
        snprintf(error->text, sizeof error->text, "setting 'path', the root key file, is missing or too long");
        return KCM_INVALID;
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped = (sizeof(root) + page - 1) / page * page;
    root *self = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self == MAP_FAILED) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return KCM_FAILED;
    }
    self->mapped = mapped;
    if (mlock(self, mapped) != 0) {
        snprintf(error->text, sizeof error->text, "cannot lock memory for the root key: %s; raise RLIMIT_MEMLOCK", strerror(errno));
        root_close(self);
        return KCM_FAILED;
    }
    (void)madvise(self, mapped, MADV_DONTDUMP);
    strcpy(self->path, path);
    int32_t result = load(self, error);
    if (result != KCM_OK) {
        root_close(self);
        return result;
    }
    *out = self;
    return KCM_OK;
}

/* One pass of AES-256-GCM. Returns 1 on success. */
static int gcm(int encrypts, const uint8_t *key, const uint8_t *blob, const uint8_t *in, int size, uint8_t *out, uint8_t *tag)
{
    int written = 0, last = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int ok = ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, blob + HEADER_SIZE, encrypts) == 1 &&
             (encrypts || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1) &&
             EVP_CipherUpdate(ctx, NULL, &written, blob, HEADER_SIZE) == 1 &&
             EVP_CipherUpdate(ctx, out, &written, in, size) == 1 && EVP_CipherFinal_ex(ctx, out + written, &last) == 1 &&
             (!encrypts || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static int32_t root_wrap(void *opaque, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    root *self = opaque;
    if (key.size < 16 || key.size > 64) {
        snprintf(error->text, sizeof error->text, "a key to wrap has 16 to 64 bytes");
        return KCM_INVALID;
    }
    const root_key *newest = &self->keys[0];
    for (uint32_t i = 1; i < self->count; i++) {
        if (self->keys[i].version > newest->version) {
            newest = &self->keys[i];
        }
    }
    uint8_t blob[HEADER_SIZE + NONCE_SIZE + 64 + TAG_SIZE];
    blob[0] = 1;
    for (int i = 0; i < 4; i++) {
        blob[1 + i] = (uint8_t)(newest->version >> (24 - 8 * i));
    }
    uint8_t *body = blob + HEADER_SIZE + NONCE_SIZE;
    if (RAND_bytes(blob + HEADER_SIZE, NONCE_SIZE) != 1 ||
        !gcm(1, newest->bytes, blob, key.data, (int)key.size, body, body + key.size)) {
        snprintf(error->text, sizeof error->text, "libcrypto could not wrap the key");
        return KCM_FAILED;
    }
    sink(context, (kcm_bytes){blob, HEADER_SIZE + NONCE_SIZE + key.size + TAG_SIZE}, newest->version);
    return KCM_OK;
}

static int32_t root_unwrap(void *opaque, kcm_bytes blob, kcm_value_sink sink, void *context, kcm_error *error)
{
    root *self = opaque;
    if (blob.size < HEADER_SIZE + NONCE_SIZE + 16 + TAG_SIZE || blob.size > HEADER_SIZE + NONCE_SIZE + 64 + TAG_SIZE ||
        blob.data[0] != 1) {
        snprintf(error->text, sizeof error->text, "this is no key that the file root of trust wrapped");
        return KCM_CORRUPT;
    }
    uint32_t version = 0;
    for (int i = 0; i < 4; i++) {
        version = version << 8 | blob.data[1 + i];
    }
    for (uint32_t i = 0; i < self->count; i++) {
        if (self->keys[i].version != version) {
            continue;
        }
        size_t size = blob.size - HEADER_SIZE - NONCE_SIZE - TAG_SIZE;
        uint8_t key[64];
        uint8_t tag[TAG_SIZE];
        memcpy(tag, blob.data + blob.size - TAG_SIZE, TAG_SIZE);
        int ok = gcm(0, self->keys[i].bytes, blob.data, blob.data + HEADER_SIZE + NONCE_SIZE, (int)size, key, tag);
        if (ok) {
            sink(context, (kcm_bytes){key, size}, version);
        }
        OPENSSL_cleanse(key, sizeof key);
        if (!ok) {
            snprintf(error->text, sizeof error->text, "a wrapped key was changed, or another root key than that in %.300s made it", self->path);
        }
        return ok ? KCM_OK : KCM_CORRUPT;
    }
    snprintf(error->text, sizeof error->text, "version %u of the root key is not in %.300s", version, self->path);
    return KCM_CORRUPT;
}

static int32_t root_health(void *opaque, kcm_error *error)
{
    (void)opaque;
    (void)error;
    return KCM_OK;
}

const kcm_root_functions file_root_functions = {
    .struct_size = sizeof file_root_functions,
    .open = root_open,
    .close = root_close,
    .wrap = root_wrap,
    .unwrap = root_unwrap,
    .health = root_health,
};
