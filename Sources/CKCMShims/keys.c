#include "kcm_shims.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>

int kcm_hkdf_sha256(const void *key, size_t key_size, const void *salt, size_t salt_size, const void *info, size_t info_size,
                    void *output, size_t size)
{
    /* OSSL_PARAM has no const; the derivation only reads what these point to. An empty salt stays out: RFC 5869 then says zeros. */
    OSSL_PARAM params[5];
    size_t used = 0;
    params[used++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
    params[used++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_size);
    if (salt_size > 0) {
        params[used++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_size);
    }
    if (info_size > 0) {
        params[used++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_size);
    }
    params[used] = OSSL_PARAM_construct_end();

    int done = 0;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    if (ctx != NULL) {
        done = EVP_KDF_derive(ctx, output, size, params) == 1;
    }
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return done;
}

EVP_PKEY *kcm_generate_p256(void)
{
    return EVP_EC_gen("P-256");
}

EVP_PKEY *kcm_generate_p384(void)
{
    return EVP_EC_gen("P-384");
}

EVP_PKEY *kcm_generate_ed25519(void)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

EVP_PKEY *kcm_generate_rsa(size_t bits)
{
    return EVP_RSA_gen(bits);
}

static int no_pass_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

EVP_PKEY *kcm_read_private_key(BIO *bio)
{
    return PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
}
