#include "rootkeys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 32

typedef struct search {
    root_keys *keys;
    const char *label;
    int32_t *result;
    kcm_error *error;
} search;

static CK_RV refuse(const search *self, const char *what)
{
    snprintf(self->error->text, sizeof self->error->text, "a key with label %s on the token %s", self->label, what);
    *self->result = KCM_INVALID;
    return CKR_OK;
}

/* CKA_ID, up to eight bytes of which the value fits in 32 bits; 0 where it is none. */
static uint32_t version_of(const uint8_t *id, size_t size)
{
    uint64_t version = 0;
    for (size_t i = 0; i < size; i++) {
        version = version << 8 | id[i];
    }
    return size <= 8 && version <= UINT32_MAX ? (uint32_t)version : 0;
}

static CK_RV add(void *context, const session *session, CK_OBJECT_HANDLE object)
{
    search *self = context;
    if (*self->result != KCM_OK) {
        return CKR_OK;
    }
    uint8_t *id;
    size_t id_size;
    CK_RV code = objects_read(session, object, CKA_ID, &id, &id_size);
    if (code != CKR_OK) {
        return code;
    }
    uint32_t version = version_of(id, id_size);
    free(id);
    CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
    CK_ULONG size = 0;
    CK_ATTRIBUTE attributes[] = {
        {CKA_SENSITIVE, &sensitive, sizeof sensitive}, {CKA_EXTRACTABLE, &extractable, sizeof extractable}, {CKA_VALUE_LEN, &size, sizeof size}};
    code = session->functions->C_GetAttributeValue(session->handle, object, attributes, 3);
    if (code != CKR_OK) {
        return code;
    }
    if (version == 0) {
        return refuse(self, "has no version: its CKA_ID is not a number from 1 to 4294967295");
    }
    if (!sensitive || extractable) {
        return refuse(self, "could leave it: CKA_SENSITIVE has to be set and CKA_EXTRACTABLE not");
    }
    if (size != KEY_SIZE) {
        return refuse(self, "has not 32 bytes");
    }
    root_keys *keys = self->keys;
    if (rootkeys_version(keys, version) != NULL) {
        return refuse(self, "is there twice with one version");
    }
    if (keys->count == MAXIMUM_VERSIONS) {
        return refuse(self, "is one too many: 64 versions are read");
    }
    uint32_t at = keys->count++;
    for (; at > 0 && keys->keys[at - 1].version > version; at--) {
        keys->keys[at] = keys->keys[at - 1];
    }
    keys->keys[at] = (root_key){version, object};
    return CKR_OK;
}

CK_RV rootkeys_find(root_keys *self, const session *session, const char *label, int32_t *result, kcm_error *error)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE pattern[] = {
        {CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}, {CKA_TOKEN, &yes, sizeof yes},
        {CKA_LABEL, (void *)label, strlen(label)}};
    search context = {self, label, result, error};
    self->count = 0;
    CK_RV code = objects_each(session, pattern, sizeof pattern / sizeof *pattern, add, &context);
    self->epoch = code == CKR_OK && *result == KCM_OK ? session->epoch : 0;
    return code;
}

CK_RV rootkeys_create(const session *session, const char *label, int by_wrapping)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_BBOOL wraps = by_wrapping ? CK_TRUE : CK_FALSE, encrypts = by_wrapping ? CK_FALSE : CK_TRUE;
    CK_ULONG size = KEY_SIZE;
    uint8_t id[4] = {0, 0, 0, 1};
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof class},    {CKA_KEY_TYPE, &type, sizeof type},     {CKA_VALUE_LEN, &size, sizeof size},
        {CKA_TOKEN, &yes, sizeof yes},        {CKA_PRIVATE, &yes, sizeof yes},        {CKA_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &no, sizeof no},    {CKA_ENCRYPT, &encrypts, sizeof encrypts}, {CKA_DECRYPT, &encrypts, sizeof encrypts},
        {CKA_WRAP, &wraps, sizeof wraps},     {CKA_UNWRAP, &wraps, sizeof wraps},         {CKA_SIGN, &no, sizeof no},
        {CKA_VERIFY, &no, sizeof no},         {CKA_LABEL, (void *)label, strlen(label)}, {CKA_ID, id, sizeof id},
    };
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_OBJECT_HANDLE made;
    return session->functions->C_GenerateKey(session->handle, &mechanism, template, sizeof template / sizeof *template, &made);
}

const root_key *rootkeys_version(const root_keys *self, uint32_t version)
{
    for (uint32_t i = 0; i < self->count; i++) {
        if (self->keys[i].version == version) {
            return &self->keys[i];
        }
    }
    return NULL;
}
