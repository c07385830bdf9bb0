/*
 * A PKCS#11 module in this process. PKCS#11 knows one initialisation a process, so the instances of this plugin that name the same
 * module share it. libp11 loads it and lists its slots and tokens; sessions, keys and data objects go through the module's own
 * function list, since libp11 has neither secret keys nor data objects.
 */
#ifndef KCM_PKCS11_MODULE_H
#define KCM_PKCS11_MODULE_H

#include <kcm/kcm_plugin.h>

#include <libp11.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <pthread.h>

typedef struct module {
    struct module *next;
    char *path;
    unsigned users; /* under the registry's lock, as next */
    /* Held shared by whoever calls into the module, and alone by whoever initialises it anew. */
    pthread_rwlock_t gate;
    /* Below: changed by the one who holds the gate alone. */
    void *library;
    CK_FUNCTION_LIST *functions;
    PKCS11_CTX *context;
    PKCS11_SLOT *slots;
    unsigned slot_count;
    uint64_t generation; /* grows with each initialisation: sessions and handles of an older one are void */
    int64_t restarted;   /* monotonic milliseconds */
} module;

/* Finds or loads the module of that path. *made is shared; give it back with module_release. */
int32_t module_acquire(const char *path, module **made, kcm_error *error);
void module_release(module *self);

/* Finalises and initialises the module and lists its slots: what brings a token back that does not come by itself, and what makes
 * modules look for new ones. Ends the sessions of every instance, so it happens at most once a second. The caller holds the gate alone.
 * Returns 0 on success. */
int module_restart(module *self);

/* The name of a CKR_* code, or its number. */
const char *module_reason(CK_RV code, char buffer[32]);

/* Monotonic milliseconds. */
int64_t module_now(void);

#endif
