#define _GNU_SOURCE
#include "kcm_shims.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *kcm_locked_map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    if (mlock(memory, size) != 0) {
        int error = errno;
        munmap(memory, size);
        errno = error;
        return NULL;
    }
    /* Both are hardening: a kernel without them still has the lock. */
    (void)madvise(memory, size, MADV_DONTDUMP);
    (void)madvise(memory, size, MADV_WIPEONFORK);
    return memory;
}

void kcm_locked_unmap(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

int kcm_may_lock_any(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) {
        return 0;
    }
    return (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK)) != 0;
}

static pthread_key_t cipher_key;
static pthread_key_t digest_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local EVP_CIPHER_CTX *cipher_ctx;
static _Thread_local EVP_MD_CTX *digest_ctx;

static void free_cipher(void *ctx)
{
    EVP_CIPHER_CTX_free(ctx);
}

static void free_digest(void *ctx)
{
    EVP_MD_CTX_free(ctx);
}

/* The keys exist for their destructors only; the pointers are read from thread-local variables. */
static void make_keys(void)
{
    (void)pthread_key_create(&cipher_key, free_cipher);
    (void)pthread_key_create(&digest_key, free_digest);
}

EVP_CIPHER_CTX *kcm_thread_cipher_ctx(void)
{
    if (cipher_ctx == NULL) {
        pthread_once(&once, make_keys);
        cipher_ctx = EVP_CIPHER_CTX_new();
        if (cipher_ctx != NULL) {
            (void)pthread_setspecific(cipher_key, cipher_ctx);
        }
    }
    return cipher_ctx;
}

EVP_MD_CTX *kcm_thread_digest_ctx(void)
{
    if (digest_ctx == NULL) {
        pthread_once(&once, make_keys);
        digest_ctx = EVP_MD_CTX_new();
        if (digest_ctx != NULL) {
            (void)pthread_setspecific(digest_key, digest_ctx);
        }
    }
    return digest_ctx;
}

int kcm_errno(void)
{
    return errno;
}
