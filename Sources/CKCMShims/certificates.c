#include "kcm_shims.h"

int kcm_write_name(BIO *bio, const X509_NAME *name)
{
    /* RFC 4514 allows UTF-8 where RFC 2253's flags would write every byte over 0x7f as hex. */
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
}

int kcm_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    int done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

int kcm_add_crl_extension(X509_CRL *list, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, NULL, NULL, list, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    int done = extension != NULL && X509_CRL_add_ext(list, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

GENERAL_NAMES *kcm_request_names(X509_REQ *request)
{
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    GENERAL_NAMES *names = extensions == NULL ? NULL : X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return names;
}

/* A URI that belongs to the caller; NULL when memory is out. */
static GENERAL_NAME *uri_name(const char *url)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    if (name == NULL || text == NULL || ASN1_STRING_set(text, url, -1) != 1) {
        ASN1_IA5STRING_free(text);
        GENERAL_NAME_free(name);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, text);
    return name;
}

/* As above. */
static DIST_POINT *distribution_point(const char *url)
{
    DIST_POINT *point = DIST_POINT_new();
    DIST_POINT_NAME *where = DIST_POINT_NAME_new();
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = uri_name(url);
    if (point == NULL || where == NULL || names == NULL || name == NULL || sk_GENERAL_NAME_push(names, name) == 0) {
        GENERAL_NAME_free(name);
        GENERAL_NAMES_free(names);
        DIST_POINT_NAME_free(where);
        DIST_POINT_free(point);
        return NULL;
    }
    /* 0: the full name, not one relative to the issuer's. */
    where->type = 0;
    where->name.fullname = names;
    point->distpoint = where;
    return point;
}

int kcm_add_crl_url(X509 *certificate, const char *url)
{
    CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
    DIST_POINT *point = distribution_point(url);
    int done = 0;
    if (points != NULL && point != NULL && sk_DIST_POINT_push(points, point) > 0) {
        point = NULL;
        done = X509_add1_ext_i2d(certificate, NID_crl_distribution_points, points, 0, 0) == 1;
    }
    DIST_POINT_free(point);
    CRL_DIST_POINTS_free(points);
    return done;
}
