#include "wrapping.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#define VERSION_SIZE 4
#define PREFIX_SIZE 8 /* version and size of a key to be wrapped */
#define CHECK_SIZE 8  /* what RFC 3394 adds */

void wrapping_header(uint8_t *blob, uint8_t format, uint32_t version)
{
    blob[0] = format;
    for (int i = 0; i < VERSION_SIZE; i++) {
        blob[1 + i] = (uint8_t)(version >> (24 - 8 * i));
    }
}

uint32_t wrapping_version(const uint8_t *blob)
{
    uint32_t version = 0;
    for (int i = 0; i < VERSION_SIZE; i++) {
        version = version << 8 | blob[1 + i];
    }
    return version;
}

int wrapping_fits(uint8_t format, size_t size)
{
    if (format == FORMAT_GCM) {
        return size >= HEADER_SIZE + NONCE_SIZE + MINIMUM_KEY + TAG_SIZE && size <= HEADER_SIZE + NONCE_SIZE + MAXIMUM_KEY + TAG_SIZE;
    }
    return format == FORMAT_KEY_WRAP && size >= HEADER_SIZE + PREFIX_SIZE + MINIMUM_KEY + CHECK_SIZE &&
           size <= HEADER_SIZE + PREFIX_SIZE + MAXIMUM_KEY + CHECK_SIZE && (size - HEADER_SIZE) % 8 == 0;
}

/* ---- CKM_AES_GCM ---- */

static CK_MECHANISM gcm(CK_GCM_PARAMS *parameters, uint8_t *blob)
{
    *parameters = (CK_GCM_PARAMS){
        .iv_ptr = blob + HEADER_SIZE,
        .iv_len = NONCE_SIZE,
        .iv_bits = NONCE_SIZE * 8,
        .aad_ptr = blob,
        .aad_len = HEADER_SIZE,
        .tag_bits = TAG_SIZE * 8,
    };
    return (CK_MECHANISM){CKM_AES_GCM, parameters, sizeof *parameters};
}

static CK_RV gcm_wrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *key, size_t key_size, uint8_t *blob, size_t *blob_size)
{
    if (RAND_bytes(blob + HEADER_SIZE, NONCE_SIZE) != 1) {
        return CKR_FUNCTION_FAILED;
    }
    CK_GCM_PARAMS parameters;
    CK_MECHANISM mechanism = gcm(&parameters, blob);
    CK_ULONG size = key_size + TAG_SIZE;
    CK_RV code = session->functions->C_EncryptInit(session->handle, &mechanism, root);
    if (code == CKR_OK) {
        code = session->functions->C_Encrypt(session->handle, (CK_BYTE_PTR)key, key_size, blob + HEADER_SIZE + NONCE_SIZE, &size);
    }
    if (code == CKR_OK && size != key_size + TAG_SIZE) {
        code = CKR_FUNCTION_FAILED;
    }
    *blob_size = HEADER_SIZE + NONCE_SIZE + size;
    return code;
}

static CK_RV gcm_unwrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *sealed, size_t sealed_size, uint8_t *key, size_t *key_size)
{
    uint8_t blob[MAXIMUM_BLOB];
    memcpy(blob, sealed, sealed_size);
    CK_GCM_PARAMS parameters;
    CK_MECHANISM mechanism = gcm(&parameters, blob);
    size_t body = HEADER_SIZE + NONCE_SIZE;
    CK_ULONG size = MAXIMUM_KEY + TAG_SIZE;
    CK_RV code = session->functions->C_DecryptInit(session->handle, &mechanism, root);
    if (code == CKR_OK) {
        code = session->functions->C_Decrypt(session->handle, blob + body, sealed_size - body, key, &size);
    }
    if (code == CKR_OK && size != sealed_size - body - TAG_SIZE) {
        code = CKR_ENCRYPTED_DATA_INVALID;
    }
    *key_size = size;
    return code;
}

/* ---- CKM_AES_KEY_WRAP: works on objects only, so the key is one of the session for a moment ---- */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
static CK_KEY_TYPE generic_secret = CKK_GENERIC_SECRET;
/* The value comes last: unwrapping brings its own. */
#define OBJECT_TEMPLATE(value, size) \
    { \
        {CKA_CLASS, &secret_key, sizeof secret_key}, {CKA_KEY_TYPE, &generic_secret, sizeof generic_secret}, {CKA_TOKEN, &no, sizeof no}, \
            {CKA_PRIVATE, &yes, sizeof yes}, {CKA_SENSITIVE, &no, sizeof no}, {CKA_EXTRACTABLE, &yes, sizeof yes}, {CKA_VALUE, value, size}, \
    }
#define OBJECT_ATTRIBUTES 7

static CK_RV object_wrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *key, size_t key_size, uint8_t *blob, size_t *blob_size)
{
    uint8_t inside[PREFIX_SIZE + MAXIMUM_KEY] = {0};
    size_t inside_size = PREFIX_SIZE + (key_size + 7) / 8 * 8;
    memcpy(inside, blob + 1, VERSION_SIZE);
    inside[PREFIX_SIZE - 1] = (uint8_t)key_size;
    memcpy(inside + PREFIX_SIZE, key, key_size);
    CK_ATTRIBUTE template[OBJECT_ATTRIBUTES] = OBJECT_TEMPLATE(inside, inside_size);
    CK_OBJECT_HANDLE object;
    CK_RV code = session->functions->C_CreateObject(session->handle, template, OBJECT_ATTRIBUTES, &object);
    OPENSSL_cleanse(inside, sizeof inside);
    if (code != CKR_OK) {
        return code;
    }
    CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP, NULL, 0};
    CK_ULONG size = MAXIMUM_BLOB - HEADER_SIZE;
    code = session->functions->C_WrapKey(session->handle, &mechanism, root, object, blob + HEADER_SIZE, &size);
    (void)session->functions->C_DestroyObject(session->handle, object);
    if (code == CKR_OK && size != inside_size + CHECK_SIZE) {
        code = CKR_FUNCTION_FAILED;
    }
    *blob_size = HEADER_SIZE + size;
    return code;
}

static int is_whole(const uint8_t *inside, size_t size, const uint8_t *version)
{
    size_t key_size = inside[PREFIX_SIZE - 1];
    uint8_t rest = inside[4] | inside[5] | inside[6];
    if (memcmp(inside, version, VERSION_SIZE) != 0 || key_size < MINIMUM_KEY || key_size > MAXIMUM_KEY ||
        size != PREFIX_SIZE + (key_size + 7) / 8 * 8) {
        return 0;
    }
    for (size_t i = PREFIX_SIZE + key_size; i < size; i++) {
        rest |= inside[i];
    }
    return rest == 0;
}

static CK_RV object_unwrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *blob, size_t blob_size, uint8_t *key, size_t *key_size)
{
    CK_ATTRIBUTE template[OBJECT_ATTRIBUTES] = OBJECT_TEMPLATE(NULL, 0);
    CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP, NULL, 0};
    CK_OBJECT_HANDLE object;
    CK_RV code = session->functions->C_UnwrapKey(session->handle, &mechanism, root, (CK_BYTE_PTR)blob + HEADER_SIZE, blob_size - HEADER_SIZE,
                                                 template, OBJECT_ATTRIBUTES - 1, &object);
    if (code != CKR_OK) {
        return code;
    }
    uint8_t inside[PREFIX_SIZE + MAXIMUM_KEY];
    CK_ATTRIBUTE value = {CKA_VALUE, inside, sizeof inside};
    code = session->functions->C_GetAttributeValue(session->handle, object, &value, 1);
    (void)session->functions->C_DestroyObject(session->handle, object);
    if (code == CKR_OK && (value.ulValueLen != blob_size - HEADER_SIZE - CHECK_SIZE || !is_whole(inside, value.ulValueLen, blob + 1))) {
        code = CKR_WRAPPED_KEY_INVALID;
    }
    if (code == CKR_OK) {
        *key_size = inside[PREFIX_SIZE - 1];
        memcpy(key, inside + PREFIX_SIZE, *key_size);
    }
    OPENSSL_cleanse(inside, sizeof inside);
    return code;
}

CK_RV wrapping_wrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *key, size_t key_size, uint8_t *blob, size_t *blob_size)
{
    return (blob[0] == FORMAT_GCM ? gcm_wrap : object_wrap)(session, root, key, key_size, blob, blob_size);
}

CK_RV wrapping_unwrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *blob, size_t blob_size, uint8_t *key, size_t *key_size)
{
    CK_RV code = (blob[0] == FORMAT_GCM ? gcm_unwrap : object_unwrap)(session, root, blob, blob_size, key, key_size);
    if (code != CKR_OK) {
        OPENSSL_cleanse(key, MAXIMUM_KEY + TAG_SIZE);
    }
    return code;
}
