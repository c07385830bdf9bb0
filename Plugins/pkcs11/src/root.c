/* The root of trust: wraps and unwraps under keys that never leave the token. */
#include "root.h"

#include "rootkeys.h"
#include "wrapping.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct root {
    token token;
    char label[MAXIMUM_LABEL + 1];
    int create;
    uint8_t format;
    pthread_mutex_t mutex;
    root_keys keys; /* under mutex */
} root;

/* One call of wrap, unwrap or health. */
typedef struct call {
    root *self;
    kcm_bytes in;
    uint8_t out[MAXIMUM_BLOB];
    size_t out_size;
    uint32_t version;
} call;

/* Gives the keys of this connection; looks for them where they are of an older one, or again: always. */
static CK_RV keys_now(root *self, const session *session, int again, root_keys *keys, int32_t *result, kcm_error *error)
{
    CK_RV code = CKR_OK;
    pthread_mutex_lock(&self->mutex);
    if (again || self->keys.epoch != session->epoch) {
        code = rootkeys_find(&self->keys, session, self->label, result, error);
    }
    *keys = self->keys;
    pthread_mutex_unlock(&self->mutex);
    if (code == CKR_OK && *result == KCM_OK && keys->count == 0) {
        snprintf(error->text, sizeof error->text, "the token has no AES key with label %s", self->label);
        *result = KCM_UNAVAILABLE;
    }
    return code;
}

static CK_RV wrap_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    call *self = context;
    root_keys keys;
    CK_RV code = keys_now(self->self, session, 0, &keys, result, error);
    if (code != CKR_OK || *result != KCM_OK) {
        return code;
    }
    const root_key *newest = &keys.keys[keys.count - 1];
    self->version = newest->version;
    wrapping_header(self->out, self->self->format, newest->version);
    return wrapping_wrap(session, newest->handle, self->in.data, self->in.size, self->out, &self->out_size);
}

/* Whether the key works at all: what tells a changed blob from a token in trouble, where the token's code does not. */
static CK_RV probe(const session *session, const root_key *key, uint8_t format)
{
    uint8_t blob[MAXIMUM_BLOB], sample[MINIMUM_KEY] = {0}, opened[MAXIMUM_KEY + TAG_SIZE];
    size_t blob_size, opened_size;
    wrapping_header(blob, format, key->version);
    CK_RV code = wrapping_wrap(session, key->handle, sample, sizeof sample, blob, &blob_size);
    if (code == CKR_OK) {
        code = wrapping_unwrap(session, key->handle, blob, blob_size, opened, &opened_size);
    }
    return code;
}

static CK_RV unwrap_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    call *self = context;
    root_keys keys;
    CK_RV code = keys_now(self->self, session, 0, &keys, result, error);
    if (code != CKR_OK || *result != KCM_OK) {
        return code;
    }
    const root_key *key = rootkeys_version(&keys, self->version);
    if (key == NULL) {
        /* A version that was made since, perhaps. */
        code = keys_now(self->self, session, 1, &keys, result, error);
        if (code != CKR_OK || *result != KCM_OK) {
            return code;
        }
        key = rootkeys_version(&keys, self->version);
    }
    if (key == NULL) {
        snprintf(error->text, sizeof error->text, "version %u of the root key %s is not on the token", self->version, self->self->label);
        *result = KCM_CORRUPT;
        return CKR_OK;
    }
    code = wrapping_unwrap(session, key->handle, self->in.data, self->in.size, self->out, &self->out_size);
    if (code == CKR_OK) {
        return CKR_OK;
    }
    CK_RV probed = probe(session, key, self->in.data[0]);
    if (token_is_lost(probed)) {
        return probed;
    }
    char buffer[32];
    snprintf(error->text, sizeof error->text, "a wrapped key was changed, or another root key than %s on this token made it (%s)", self->self->label,
             module_reason(code, buffer));
    *result = KCM_CORRUPT;
    return CKR_OK;
}

static CK_RV health_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    call *self = context;
    root_keys keys;
    CK_RV code = keys_now(self->self, session, 0, &keys, result, error);
    return code != CKR_OK || *result != KCM_OK ? code : probe(session, &keys.keys[keys.count - 1], self->self->format);
}

/* Chooses the mechanism, looks for the keys, makes the first where that is wanted, and tries the newest. */
static CK_RV open_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    root *self = ((call *)context)->self;
    CK_MECHANISM_INFO info;
    if (self->format == 0) {
        int has_gcm = session->functions->C_GetMechanismInfo(session->slot, CKM_AES_GCM, &info) == CKR_OK && (info.flags & CKF_ENCRYPT) != 0;
        self->format = has_gcm ? FORMAT_GCM : FORMAT_KEY_WRAP;
    }
    CK_RV code = rootkeys_find(&self->keys, session, self->label, result, error);
    if (code == CKR_OK && *result == KCM_OK && self->keys.count == 0 && self->create) {
        code = rootkeys_create(session, self->label, self->format == FORMAT_KEY_WRAP);
        if (code == CKR_OK) {
            self->token.host->log(self->token.host->context, KCM_LOG_WARNING, "made version 1 of the root key on the token");
            code = rootkeys_find(&self->keys, session, self->label, result, error);
        }
    }
    if (code != CKR_OK || *result != KCM_OK) {
        return code;
    }
    if (self->keys.count == 0) {
        snprintf(error->text, sizeof error->text, "the token has no AES key with label %s; make one, or set 'create' to yes", self->label);
        *result = KCM_INVALID;
        return CKR_OK;
    }
    code = probe(session, &self->keys.keys[self->keys.count - 1], self->format);
    if (code != CKR_OK && !token_is_lost(code)) {
        char buffer[32];
        snprintf(error->text, sizeof error->text, "the root key %s cannot be used with %s: %s", self->label,
                 self->format == FORMAT_GCM ? "CKM_AES_GCM" : "CKM_AES_KEY_WRAP", module_reason(code, buffer));
        *result = KCM_INVALID;
        return CKR_OK;
    }
    return code;
}

static int32_t read_settings(root *self, token_settings *token, const kcm_setting *settings, uint32_t count, kcm_error *error)
{
    strcpy(self->label, "kcm-root");
    for (uint32_t i = 0; i < count; i++) {
        const char *key = settings[i].key, *value = settings[i].value;
        int taken = token_setting(token, key, value, error);
        if (taken < 0) {
            return KCM_INVALID;
        }
        if (taken > 0) {
            continue;
        }
        int is_known = 1;
        if (strcmp(key, "key") == 0 && *value != '\0' && strlen(value) <= MAXIMUM_LABEL) {
            strcpy(self->label, value);
        } else if (strcmp(key, "create") == 0 && (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0)) {
            self->create = 1;
        } else if (strcmp(key, "create") == 0 && (strcmp(value, "no") == 0 || strcmp(value, "false") == 0)) {
            self->create = 0;
        } else if (strcmp(key, "mechanism") == 0 && (strcmp(value, "auto") == 0 || strcmp(value, "gcm") == 0 || strcmp(value, "key-wrap") == 0)) {
            self->format = value[0] == 'a' ? 0 : value[0] == 'g' ? FORMAT_GCM : FORMAT_KEY_WRAP;
        } else {
            is_known = strcmp(key, "key") == 0 || strcmp(key, "create") == 0 || strcmp(key, "mechanism") == 0;
            snprintf(error->text, sizeof error->text,
                     is_known ? "the value of setting '%.100s' is wrong; key: 1 to 64 bytes, create: yes or no, mechanism: auto, gcm or key-wrap"
                              : "setting '%.100s' is not known; there are module, token, serial, slot, pin_file, key, create and mechanism",
                     key);
            return KCM_INVALID;
        }
    }
    return KCM_OK;
}

static int32_t root_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **out, kcm_error *error)
{
    root *self = calloc(1, sizeof *self);
    token_settings token = {0};
    if (self == NULL) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return KCM_FAILED;
    }
    int32_t result = read_settings(self, &token, settings, count, error);
    if (result == KCM_OK) {
        result = token_open(&self->token, host, &token, self->create, error);
    }
    if (result != KCM_OK) {
        free(self);
        return result;
    }
    pthread_mutex_init(&self->mutex, NULL);
    call opening = {.self = self};
    result = token_run(&self->token, open_work, &opening, error);
    if (result != KCM_OK) {
        pthread_mutex_destroy(&self->mutex);
        token_close(&self->token);
        free(self);
        return result;
    }
    *out = self;
    return KCM_OK;
}

static void root_close(void *opaque)
{
    root *self = opaque;
    token_close(&self->token);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static int32_t root_wrap(void *opaque, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    root *self = opaque;
    if (key.size < MINIMUM_KEY || key.size > MAXIMUM_KEY) {
        snprintf(error->text, sizeof error->text, "a key to wrap has 16 to 64 bytes");
        return KCM_INVALID;
    }
    call wrapping = {.self = self, .in = key};
    int32_t result = token_run(&self->token, wrap_work, &wrapping, error);
    if (result == KCM_OK) {
        sink(context, (kcm_bytes){wrapping.out, wrapping.out_size}, wrapping.version);
    }
    return result == KCM_FULL ? KCM_UNAVAILABLE : result;
}

static int32_t root_unwrap(void *opaque, kcm_bytes blob, kcm_value_sink sink, void *context, kcm_error *error)
{
    root *self = opaque;
    if (blob.size == 0 || !wrapping_fits(blob.data[0], blob.size)) {
        snprintf(error->text, sizeof error->text, "this is no key that a PKCS#11 root of trust wrapped");
        return KCM_CORRUPT;
    }
    call unwrapping = {.self = self, .in = blob, .version = wrapping_version(blob.data)};
    int32_t result = token_run(&self->token, unwrap_work, &unwrapping, error);
    if (result == KCM_OK) {
        sink(context, (kcm_bytes){unwrapping.out, unwrapping.out_size}, unwrapping.version);
    }
    OPENSSL_cleanse(unwrapping.out, sizeof unwrapping.out);
    return result == KCM_FULL ? KCM_UNAVAILABLE : result;
}

static int32_t root_health(void *opaque, kcm_error *error)
{
    root *self = opaque;
    call probing = {.self = self};
    return token_run(&self->token, health_work, &probing, error);
}

const kcm_root_functions pkcs11_root = {
    .struct_size = sizeof pkcs11_root,
    .open = root_open,
    .close = root_close,
    .wrap = root_wrap,
    .unwrap = root_unwrap,
    .health = root_health,
};
