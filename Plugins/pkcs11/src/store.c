#include "store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_MAXIMUM_VALUE (32u << 10)
#define LEAST_MAXIMUM_VALUE 4096u
#define MOST_MAXIMUM_VALUE (1u << 20)
#define DEFAULT_CAPACITY (16u << 20)

/* ---- Settings ---- */

static int is_name(const char *value)
{
    size_t size = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return size > 0 && size <= MAXIMUM_NAME && value[size] == '\0';
}

static int32_t read_settings(store *self, token_settings *token, const kcm_setting *settings, uint32_t count, kcm_error *error)
{
    const char *name = "kcm";
    self->maximum_value = DEFAULT_MAXIMUM_VALUE;
    self->capacity = DEFAULT_CAPACITY;
    for (uint32_t i = 0; i < count; i++) {
        const char *key = settings[i].key, *value = settings[i].value;
        int taken = token_setting(token, key, value, error);
        if (taken < 0) {
            return KCM_INVALID;
        }
        if (taken > 0) {
            continue;
        }
        int is_good;
        if (strcmp(key, "name") == 0) {
            name = value;
            is_good = is_name(value);
        } else if (strcmp(key, "maximum_value") == 0) {
            is_good = common_size(value, &self->maximum_value) && self->maximum_value >= LEAST_MAXIMUM_VALUE && self->maximum_value <= MOST_MAXIMUM_VALUE;
        } else if (strcmp(key, "capacity") == 0) {
            is_good = common_size(value, &self->capacity) && self->capacity > 0;
        } else if (strcmp(key, "lock_file") == 0) {
            is_good = *value != '\0' && strlen(value) < sizeof self->lock_file;
            strncpy(self->lock_file, value, sizeof self->lock_file - 1);
        } else {
            snprintf(error->text, sizeof error->text,
                     "setting '%.100s' is not known; there are module, token, serial, slot, pin_file, name, maximum_value, "
                     "capacity and lock_file",
                     key);
            return KCM_INVALID;
        }
        if (!is_good) {
            snprintf(error->text, sizeof error->text,
                     "the value of setting '%s' is wrong; name: 1 to 64 of A-Z a-z 0-9 . _ -, maximum_value: 4KiB to 1MiB, "
                     "capacity: bytes, KiB or MiB",
                     key);
            return KCM_INVALID;
        }
    }
    snprintf(self->journal.application, sizeof self->journal.application, "kcm-store:%s", name);
    return KCM_OK;
}

/* ---- Opening ---- */

CK_RV store_refresh(store *self, const session *session, int takes_over, int32_t *result, kcm_error *error)
{
    if (self->journal.epoch == session->epoch && !takes_over) {
        return CKR_OK;
    }
    map fresh = {0};
    CK_RV code = journal_load(&self->journal, session, &fresh, takes_over, result, error);
    if (code == CKR_OK && *result == KCM_OK) {
        pthread_rwlock_wrlock(&self->guard);
        map old = self->map;
        self->map = fresh;
        pthread_rwlock_unlock(&self->guard);
        fresh = old;
    }
    map_clear(&fresh);
    return code;
}

/* Names the lock file after the token and the store, so that two configurations that reach the same store meet. */
static CK_RV name_lock_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    (void)result, (void)error;
    store *self = context;
    CK_TOKEN_INFO info;
    CK_RV code = session->functions->C_GetTokenInfo(session->slot, &info);
    if (code != CKR_OK) {
        return code;
    }
    char text[sizeof info.manufacturerID + sizeof info.model + sizeof info.serialNumber + sizeof self->journal.application];
    char *at = text;
    memcpy(at, info.manufacturerID, sizeof info.manufacturerID);
    at += sizeof info.manufacturerID;
    memcpy(at, info.model, sizeof info.model);
    at += sizeof info.model;
    memcpy(at, info.serialNumber, sizeof info.serialNumber);
    at += sizeof info.serialNumber;
    memcpy(at, self->journal.application, sizeof self->journal.application);
    uint8_t digest[32];
    if (EVP_Digest(text, sizeof text, digest, NULL, EVP_sha256(), NULL) != 1) {
        return CKR_HOST_MEMORY;
    }
    int size = snprintf(self->lock_file, sizeof self->lock_file, "/run/lock/kcm-pkcs11-");
    for (int i = 0; i < 8; i++) {
        size += snprintf(self->lock_file + size, sizeof self->lock_file - (size_t)size, "%02x", digest[i]);
    }
    snprintf(self->lock_file + size, sizeof self->lock_file - (size_t)size, ".lock");
    return CKR_OK;
}

static CK_RV take_over_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    return store_refresh(context, session, 1, result, error);
}

static CK_RV leave_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    (void)result, (void)error;
    store *self = context;
    journal_leave(&self->journal, session);
    return CKR_OK;
}

static int32_t open_all(store *self, kcm_error *error)
{
    int is_default = self->lock_file[0] == '\0';
    int32_t result = is_default ? token_run(&self->token, name_lock_work, self, error) : KCM_OK;
    if (result == KCM_OK) {
        result = common_take_lock(AT_FDCWD, self->lock_file, self->lock_file, &self->lock, error);
    }
    if (is_default && result != KCM_OK && result != KCM_UNAVAILABLE) {
        result = KCM_OK;
        error->text[0] = '\0';
        self->token.host->log(self->token.host->context, KCM_LOG_WARNING,
                              "no lock file can be made in /run/lock: a second process on this store is told by the token only; set 'lock_file'");
    }
    char host[65] = "";
    uint64_t random;
    (void)gethostname(host, sizeof host - 1);
    if (result == KCM_OK && RAND_bytes((uint8_t *)&random, sizeof random) != 1) {
        snprintf(error->text, sizeof error->text, "libcrypto has no random bytes");
        result = KCM_FAILED;
    }
    if (result == KCM_OK) {
        snprintf(self->journal.owner, sizeof self->journal.owner, "process %ld on %s, %016" PRIx64, (long)getpid(), host, random);
        result = token_run(&self->token, take_over_work, self, error);
    }
    return result == KCM_FULL ? KCM_UNAVAILABLE : result;
}

static void free_all(store *self)
{
    token_close(&self->token);
    common_drop_lock(self->lock);
    map_clear(&self->map);
    journal_free(&self->journal);
    pthread_mutex_destroy(&self->writer);
    pthread_rwlock_destroy(&self->guard);
    free(self);
}

static int32_t store_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    store *self = calloc(1, sizeof *self);
    token_settings token = {0};
    if (self == NULL) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return KCM_FAILED;
    }
    self->lock = -1;
    int32_t result = read_settings(self, &token, settings, count, error);
    if (result == KCM_OK) {
        result = token_open(&self->token, host, &token, 1, error);
    }
    if (result != KCM_OK) {
        free(self);
        return result;
    }
    pthread_mutex_init(&self->writer, NULL);
    pthread_rwlock_init(&self->guard, NULL);
    result = open_all(self, error);
    if (result != KCM_OK) {
        free_all(self);
        return result;
    }
    *out = self;
    return KCM_OK;
}

static void store_close(void *opaque)
{
    store *self = opaque;
    kcm_error error = {.struct_size = sizeof error};
    (void)token_run(&self->token, leave_work, self, &error);
    free_all(self);
}

static void store_limits(void *opaque, kcm_store_limits *limits)
{
    store *self = opaque;
    limits->maximum_batch = STORE_MAXIMUM_BATCH;
    limits->maximum_key = STORE_MAXIMUM_KEY;
    limits->maximum_value = self->maximum_value;
}

/* ---- Reading: from the index ---- */

static int32_t store_get(void *opaque, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->guard);
    const entry *there = map_find(&self->map, name_space, key);
    if (there != NULL) {
        sink(context, there->value, there->revision);
    }
    pthread_rwlock_unlock(&self->guard);
    return there != NULL ? KCM_OK : KCM_NOT_FOUND;
}

static int32_t store_scan(void *opaque, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                          void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->guard);
    kcm_bytes start;
    int without_start = common_scan_start(prefix, after, &start);
    size_t place = map_seek(&self->map, name_space, start);
    for (uint32_t given = 0; place < self->map.count && given < limit; place++) {
        const entry *one = self->map.entries[place];
        if (bytes_compare(one->name_space, name_space) != 0 || !common_starts_with(one->key.data, one->key.size, prefix)) {
            break;
        }
        if (without_start && bytes_compare(one->key, start) == 0) {
            continue;
        }
        given++;
        if (sink(context, one->key, one->value, one->revision) != 0) {
            break;
        }
    }
    pthread_rwlock_unlock(&self->guard);
    return KCM_OK;
}

/* Calls sink, which may be NULL, for each namespace; returns their number. The caller holds guard. */
static uint64_t each_namespace(const map *map, kcm_namespace_sink sink, void *context)
{
    uint64_t count = 0;
    for (size_t i = 0; i < map->count; i++) {
        if (i > 0 && bytes_compare(map->entries[i - 1]->name_space, map->entries[i]->name_space) == 0) {
            continue;
        }
        count++;
        if (sink != NULL && sink(context, map->entries[i]->name_space) != 0) {
            break;
        }
    }
    return count;
}

static int32_t store_namespaces(void *opaque, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->guard);
    (void)each_namespace(&self->map, sink, context);
    pthread_rwlock_unlock(&self->guard);
    return KCM_OK;
}

static int32_t store_statistics(void *opaque, kcm_store_statistics *statistics, kcm_error *error)
{
    (void)error;
    store *self = opaque;
    pthread_rwlock_rdlock(&self->guard);
    statistics->namespaces = each_namespace(&self->map, NULL, NULL);
    statistics->entries = self->map.count;
    statistics->bytes = self->map.bytes;
    pthread_rwlock_unlock(&self->guard);
    return KCM_OK;
}

static const void *store_get_extension(void *opaque, const char *id)
{
    (void)opaque;
    return strcmp(id, KCM_STORE_VERIFY) == 0 ? &pkcs11_verify : NULL;
}

const kcm_store_functions pkcs11_store = {
    .struct_size = sizeof pkcs11_store,
    .open = store_open,
    .close = store_close,
    .limits = store_limits,
    .get = store_get,
    .commit = store_commit,
    .scan = store_scan,
    .namespaces = store_namespaces,
    .statistics = store_statistics,
    .health = store_health,
    .get_extension = store_get_extension,
};
