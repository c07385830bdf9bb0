#include "kcm_shims.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <pthread.h>

static EVP_MAC *macs[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Fetched once for the life of the process: a look-up by name costs more than the code of a short message. */
static void fetch(void)
{
    macs[0] = EVP_MAC_fetch(NULL, "CMAC", NULL);
    macs[1] = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

EVP_MAC_CTX *kcm_mac_begin(int is_hmac, const char *algorithm, const void *key, size_t key_size)
{
    static const unsigned char empty[1];
    pthread_once(&once, fetch);
    EVP_MAC *mac = macs[is_hmac != 0];
    EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    if (ctx == NULL) {
        return NULL;
    }
    /* OSSL_PARAM has no const; the name is only read. */
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_utf8_string(is_hmac ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER, (char *)algorithm, 0),
        OSSL_PARAM_construct_end(),
    };
    /* No key at all would mean the key of before. */
    if (EVP_MAC_init(ctx, key == NULL ? empty : key, key_size, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}
