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

/* errno as a value, since Swift cannot always see the macro. */
int kcm_errno(void);

#endif
