/* The versions of the root key on the token: AES-256, one label, CKA_ID is the version in big-endian. */
#ifndef KCM_PKCS11_ROOTKEYS_H
#define KCM_PKCS11_ROOTKEYS_H

#include "objects.h"

#define MAXIMUM_VERSIONS 64
#define MAXIMUM_LABEL 64

typedef struct root_key {
    uint32_t version;
    CK_OBJECT_HANDLE handle;
} root_key;

typedef struct root_keys {
    uint64_t epoch; /* of the connection that the handles are from */
    uint32_t count;
    root_key keys[MAXIMUM_VERSIONS]; /* ascending by version */
} root_keys;

/* Finds all versions. Sets *result where what is there cannot be used: KCM_INVALID. None found: count is 0. */
CK_RV rootkeys_find(root_keys *self, const session *session, const char *label, int32_t *result, kcm_error *error);

/* Makes version 1 inside the token, for wrapping keys or for encrypting them. */
CK_RV rootkeys_create(const session *session, const char *label, int by_wrapping);

const root_key *rootkeys_version(const root_keys *self, uint32_t version);

#endif
