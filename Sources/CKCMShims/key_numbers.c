#include "kcm_shims.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pkcs12.h>

enum { N, E, D, P, Q, DP, DQ, QINV, COUNT };

static EVP_PKEY *from_params(const char *type, int selection, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1) {
        (void)EVP_PKEY_fromdata(ctx, &key, selection, params);
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static BIGNUM *read(struct kcm_number number)
{
    if (number.bytes == NULL || number.size > 8192) {
        return NULL;
    }
    BIGNUM *value = BN_secure_new();
    if (value != NULL && BN_bin2bn(number.bytes, (int)number.size, value) == NULL) {
        BN_clear_free(value);
        value = NULL;
    }
    if (value != NULL) {
        BN_set_flags(value, BN_FLG_CONSTTIME);
    }
    return value;
}

static BIGNUM *inverse(const BIGNUM *value, const BIGNUM *modulus, BN_CTX *ctx)
{
    BIGNUM *result = BN_secure_new();
    if (result != NULL && BN_mod_inverse(result, value, modulus, ctx) == NULL) {
        BN_clear_free(result);
        result = NULL;
    }
    return result;
}

/* Fills in what the two primes give. 1 on success. */
static int complete(BIGNUM *n[COUNT], BN_CTX *ctx)
{
    BIGNUM *p1 = BN_secure_new(), *q1 = BN_secure_new(), *phi = BN_secure_new();
    int done = 0;
    if (p1 == NULL || q1 == NULL || phi == NULL || !BN_sub(p1, n[P], BN_value_one()) || !BN_sub(q1, n[Q], BN_value_one())
        || !BN_mul(phi, p1, q1, ctx)) {
        goto end;
    }
    BN_set_flags(phi, BN_FLG_CONSTTIME);
    BN_set_flags(p1, BN_FLG_CONSTTIME);
    BN_set_flags(q1, BN_FLG_CONSTTIME);
    if (n[D] == NULL && (n[E] == NULL || (n[D] = inverse(n[E], phi, ctx)) == NULL)) {
        goto end;
    }
    BN_set_flags(n[D], BN_FLG_CONSTTIME);
    if (n[E] == NULL && (n[E] = inverse(n[D], phi, ctx)) == NULL) {
        goto end;
    }
    if (n[DP] == NULL && ((n[DP] = BN_secure_new()) == NULL || !BN_mod(n[DP], n[D], p1, ctx))) {
        goto end;
    }
    if (n[DQ] == NULL && ((n[DQ] = BN_secure_new()) == NULL || !BN_mod(n[DQ], n[D], q1, ctx))) {
        goto end;
    }
    if (n[QINV] == NULL && (n[QINV] = inverse(n[Q], n[P], ctx)) == NULL) {
        goto end;
    }
    done = 1;
end:
    BN_clear_free(p1);
    BN_clear_free(q1);
    BN_clear_free(phi);
    return done;
}

EVP_PKEY *kcm_rsa_key(const struct kcm_number numbers[8])
{
    static const char *const names[COUNT] = {
        OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
        OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    };
    BIGNUM *n[COUNT];
    for (int i = 0; i < COUNT; i++) {
        n[i] = read(numbers[i]);
    }
    EVP_PKEY *key = NULL;
    BN_CTX *ctx = BN_CTX_secure_new();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    int ok = ctx != NULL && builder != NULL && n[N] != NULL;
    int has_primes = n[P] != NULL && n[Q] != NULL;
    if (ok && has_primes) {
        ok = complete(n, ctx);
    }
    ok = ok && n[E] != NULL;
    for (int i = 0; ok && i < COUNT; i++) {
        /* OpenSSL takes all numbers of the primes or none. */
        if (n[i] != NULL && (i <= D || has_primes)) {
            ok = OSSL_PARAM_BLD_push_BN(builder, names[i], n[i]);
        }
    }
    if (ok) {
        key = from_params("RSA", n[D] == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, builder);
    }
    OSSL_PARAM_BLD_free(builder);
    BN_CTX_free(ctx);
    for (int i = 0; i < COUNT; i++) {
        BN_clear_free(n[i]);
    }
    if (key != NULL && has_primes) {
        EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        if (check == NULL || EVP_PKEY_pairwise_check(check) != 1) {
            EVP_PKEY_free(key);
            key = NULL;
        }
        EVP_PKEY_CTX_free(check);
    }
    return key;
}

EVP_PKEY *kcm_ec_key(const char *name, struct kcm_number d, struct kcm_number point)
{
    EVP_PKEY *key = NULL;
    unsigned char encoded[160];
    size_t size = 0;
    BIGNUM *secret = read(d);
    BN_CTX *ctx = BN_CTX_secure_new();
    EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(name));
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EC_POINT *public_point = group == NULL ? NULL : EC_POINT_new(group);
    if (ctx == NULL || builder == NULL || public_point == NULL || (d.bytes != NULL && secret == NULL)) {
        goto end;
    }
    if (secret != NULL) {
        if (BN_is_zero(secret) || BN_cmp(secret, EC_GROUP_get0_order(group)) >= 0
            || !EC_POINT_mul(group, public_point, secret, NULL, NULL, ctx)) {
            goto end;
        }
    } else if (point.bytes == NULL || !EC_POINT_oct2point(group, public_point, point.bytes, point.size, ctx)) {
        goto end;
    }
    size = EC_POINT_point2oct(group, public_point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded, ctx);
    if (size == 0 || !OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, name, 0)
        || !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, encoded, size)
        || (secret != NULL && !OSSL_PARAM_BLD_push_BN_pad(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret, (EC_GROUP_order_bits(group) + 7) / 8))) {
        goto end;
    }
    key = from_params("EC", secret == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, builder);
end:
    OSSL_PARAM_BLD_free(builder);
    EC_POINT_free(public_point);
    EC_GROUP_free(group);
    BN_CTX_free(ctx);
    BN_clear_free(secret);
    return key;
}

EVP_PKEY *kcm_generate_ec(const char *group)
{
    return EVP_EC_gen(group);
}

size_t kcm_key_number(const EVP_PKEY *key, const char *name, void *output, size_t room, size_t least)
{
    BIGNUM *value = NULL;
    size_t size = 0;
    if (EVP_PKEY_get_bn_param(key, name, &value) == 1) {
        size = (size_t)BN_num_bytes(value);
        if (size < least) {
            size = least;
        }
        if (output != NULL && (size > room || BN_bn2binpad(value, output, (int)size) < 0)) {
            size = 0;
        }
    }
    BN_clear_free(value);
    return size;
}

size_t kcm_ec_point(const EVP_PKEY *key, int form, void *output, size_t room)
{
    unsigned char encoded[160];
    char name[80];
    size_t size = 0, result = 0;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded, &size) != 1
        || EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1) {
        return 0;
    }
    EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(name));
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    if (point != NULL && EC_POINT_oct2point(group, point, encoded, size, NULL)) {
        result = EC_POINT_point2oct(group, point, (point_conversion_form_t)form, output, output == NULL ? 0 : room, NULL);
    }
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return result;
}

int kcm_pkcs12(const char *password, const char *name, EVP_PKEY *key, X509 *certificate, X509 *const *others, size_t count,
               unsigned char **der)
{
    int size = 0;
    PKCS12 *pfx = NULL;
    STACK_OF(X509) *chain = sk_X509_new_null();
    int ok = chain != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        ok = sk_X509_push(chain, others[i]) > 0;
    }
    if (ok) {
        /* 0 everywhere: OpenSSL's own choice, PBES2 with AES-256-CBC and an HMAC with SHA-256. */
        pfx = PKCS12_create(password, name, key, certificate, chain, 0, 0, 0, 0, 0);
    }
    if (pfx != NULL) {
        *der = NULL;
        size = i2d_PKCS12(pfx, der);
    }
    PKCS12_free(pfx);
    sk_X509_free(chain);
    return size > 0 ? size : 0;
}

int kcm_kbkdf(int feedback, int is_hmac, const char *algorithm, const void *key, size_t key_size, const void *fixed, size_t fixed_size,
              const void *iv, size_t iv_size, void *output, size_t size)
{
    /* OSSL_PARAM has no const; the derivation only reads what these point to. */
    int off = 0;
    OSSL_PARAM params[9];
    size_t used = 0;
    params[used++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, (char *)(feedback ? "feedback" : "counter"), 0);
    params[used++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, (char *)(is_hmac ? "HMAC" : "CMAC"), 0);
    params[used++] = OSSL_PARAM_construct_utf8_string(is_hmac ? OSSL_KDF_PARAM_DIGEST : OSSL_KDF_PARAM_CIPHER, (char *)algorithm, 0);
    params[used++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_size);
    params[used++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)fixed, fixed_size);
    params[used++] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_KBKDF_USE_L, &off);
    params[used++] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_KBKDF_USE_SEPARATOR, &off);
    if (feedback && iv_size > 0) {
        params[used++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)iv, iv_size);
    }
    params[used] = OSSL_PARAM_construct_end();
    int done = 0;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
    EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    if (ctx != NULL) {
        done = EVP_KDF_derive(ctx, output, size, params) == 1;
    }
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return done;
}
