/*
 * Preloaded into a daemon: OpenSSL's ciphers fail while the file that CIPHER_FAILS names is there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*update)(void *, unsigned char *, int *, const unsigned char *, int);

int EVP_CipherUpdate(void *context, unsigned char *out, int *written, const unsigned char *in, int count)
{
    static update real;
    const char *path = getenv("CIPHER_FAILS");
    if (path != NULL && access(path, F_OK) == 0) {
        return 0;
    }
    if (real == NULL) {
        real = (update)dlsym(RTLD_NEXT, "EVP_CipherUpdate");
    }
    return real(context, out, written, in, count);
}
