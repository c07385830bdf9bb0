/* What Swift cannot call, or should not have to: locked memory, per-thread cipher contexts, OpenSSL's macros. */
#ifndef KCM_SHIMS_H
#define KCM_SHIMS_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* One chunk of locked memory: whole pages, mlock()ed, left out of core dumps, zeroed in children after fork().
 * Returns NULL with errno set; ENOMEM or EPERM where RLIMIT_MEMLOCK is too small. Any thread. */
void *kcm_locked_map(size_t size);

/* Gives a chunk of that size back; what was in it is wiped by the caller. Any thread. */
void kcm_locked_unmap(void *memory, size_t size);

/* 1 where RLIMIT_MEMLOCK does not bind this process (CAP_IPC_LOCK), else 0. Any thread. */
int kcm_may_lock_any(void);

/* This thread's cipher context, made on first use and freed when the thread ends. NULL when memory is out. */
EVP_CIPHER_CTX *kcm_thread_cipher_ctx(void);

/* This thread's digest context, as above. */
EVP_MD_CTX *kcm_thread_digest_ctx(void);

/* HKDF with SHA-256 (RFC 5869), extract and expand, into exactly size bytes of output. 1 on success, else 0 with OpenSSL's
 * error queue set. Any thread. */
int kcm_hkdf_sha256(const void *key, size_t key_size, const void *salt, size_t salt_size, const void *info, size_t info_size,
                    void *output, size_t size);

/* A message authentication code that starts: HMAC with the digest named algorithm, else CMAC with the cipher named so. NULL with
 * OpenSSL's error queue set. The caller frees with EVP_MAC_CTX_free, which wipes the key. Any thread. */
EVP_MAC_CTX *kcm_mac_begin(int is_hmac, const char *algorithm, const void *key, size_t key_size);

/* New key pairs; NULL with OpenSSL's error queue set. The caller frees with EVP_PKEY_free. Any thread. */
EVP_PKEY *kcm_generate_p256(void);
EVP_PKEY *kcm_generate_p384(void);
EVP_PKEY *kcm_generate_ed25519(void);
EVP_PKEY *kcm_generate_rsa(size_t bits);

/* Reads a PEM private key without ever asking a terminal for a pass phrase. NULL with OpenSSL's error queue set. */
EVP_PKEY *kcm_read_private_key(BIO *bio);

/* Writes a name as RFC 4514 has it: most specific part first, UTF-8. -1 on failure. */
int kcm_write_name(BIO *bio, const X509_NAME *name);

/* Adds an extension given in OpenSSL's configuration syntax; value is one of the caller's constants, never outside input.
 * issuer serves the key identifiers. 1 on success, else 0 with OpenSSL's error queue set. */
int kcm_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value);

/* As above, for a certificate revocation list. */
int kcm_add_crl_extension(X509_CRL *list, X509 *issuer, int nid, const char *value);

/* Adds the extension that says where the issuer's revocation list can be fetched (RFC 5280 §4.2.1.13). url is ASCII.
 * 1 on success, else 0 with OpenSSL's error queue set. */
int kcm_add_crl_url(X509 *certificate, const char *url);

/* errno as a value, since Swift cannot always see the macro. */
int kcm_errno(void);

/* An unsigned number, big-endian; bytes are NULL where it is not known. Never kept. */
struct kcm_number {
    const void *bytes;
    size_t size;
};

/* An RSA key. numbers: n, e, d, p, q, d mod p-1, d mod q-1, 1/q mod p. n is required; without d, p and q it is a public key, and e is
 * required. What p and q give is filled in. NULL where the numbers are no key, with OpenSSL's error queue set; the caller frees. */
EVP_PKEY *kcm_rsa_key(const struct kcm_number numbers[8]);

/* An elliptic-curve key of the group with OpenSSL's name: the private one of d, whose point is computed, or, where d is not known, the
 * public one of point (SEC 1 §2.3.3). NULL as above. */
EVP_PKEY *kcm_ec_key(const char *group, struct kcm_number d, struct kcm_number point);

/* A new key of the group. NULL as above. */
EVP_PKEY *kcm_generate_ec(const char *group);

/* Writes the number of the key that OpenSSL calls name, big-endian, without leading zeros or filled up with them to least bytes, and
 * returns its size in bytes; 0 where the key has none or it does not fit. output may be NULL: then only the size is returned. */
size_t kcm_key_number(const EVP_PKEY *key, const char *name, void *output, size_t room, size_t least);

/* Writes the public point, in the form of SEC 1 §2.3.3 that OpenSSL numbers so (2 compressed, 4 uncompressed, 6 hybrid), and returns its
 * size in bytes; 0 on failure. output may be NULL. */
size_t kcm_ec_point(const EVP_PKEY *key, int form, void *output, size_t room);

/* A PFX (RFC 7292) of a key, its certificate and others, protected by a password that ends in NUL; name may be NULL. *der is the caller's
 * to OPENSSL_free. Returns its size, 0 on failure. */
int kcm_pkcs12(const char *password, const char *name, EVP_PKEY *key, X509 *certificate, X509 *const *others, size_t count,
               unsigned char **der);

/* SP 800-108 by OpenSSL's KBKDF, with a counter of 32 bits before fixed, no separator and no length. 1 on success.
 * algorithm: a digest where is_hmac, else a cipher in CBC. iv: of the feedback mode. */
int kcm_kbkdf(int feedback, int is_hmac, const char *algorithm, const void *key, size_t key_size, const void *fixed, size_t fixed_size,
              const void *iv, size_t iv_size, void *output, size_t size);

/* The alternative names that a certificate request asks for; NULL where it asks for none. The caller frees with GENERAL_NAMES_free. */
GENERAL_NAMES *kcm_request_names(X509_REQ *request);

#endif
