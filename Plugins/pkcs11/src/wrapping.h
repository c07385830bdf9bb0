/*
 * How a key is wrapped inside the token. A blob is
 *   format (1 byte: 1 or 2), version of the root key (4, big-endian), then
 *   format 1, CKM_AES_GCM:           nonce (12), ciphertext, tag (16); the first five bytes are additional data
 *   format 2, CKM_AES_KEY_WRAP:      RFC 3394 of version (4), size of the key (4), key, zeros up to a multiple of eight bytes; the version
 *                                    inside has to be that outside. (Tokens do not agree on what CKM_AES_KEY_WRAP_PAD gives back.)
 */
#ifndef KCM_PKCS11_WRAPPING_H
#define KCM_PKCS11_WRAPPING_H

#include "token.h"

#define HEADER_SIZE 5
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define MAXIMUM_KEY 64
#define MINIMUM_KEY 16
#define MAXIMUM_BLOB 128

enum { FORMAT_GCM = 1, FORMAT_KEY_WRAP = 2 };

/* One key of 16 to 64 bytes to or from a blob whose header is set. Both wipe what they held on failure. */
CK_RV wrapping_wrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *key, size_t key_size, uint8_t *blob, size_t *blob_size);
CK_RV wrapping_unwrap(const session *session, CK_OBJECT_HANDLE root, const uint8_t *blob, size_t blob_size, uint8_t *key, size_t *key_size);

/* Whether a blob of that format can have that size. */
int wrapping_fits(uint8_t format, size_t blob_size);

uint32_t wrapping_version(const uint8_t *blob);
void wrapping_header(uint8_t *blob, uint8_t format, uint32_t version);

#endif
