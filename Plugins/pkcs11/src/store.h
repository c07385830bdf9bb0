/* The store: an index in memory over the journal on the token. */
#ifndef KCM_PKCS11_STORE_H
#define KCM_PKCS11_STORE_H

#include "journal.h"

#define STORE_MAXIMUM_KEY 512
#define STORE_MAXIMUM_BATCH 64

typedef struct store {
    token token;
    uint64_t maximum_value;
    uint64_t capacity; /* bytes of namespaces, keys and values */
    char lock_file[MAXIMUM_PATH];
    int lock;
    pthread_mutex_t writer; /* taken before anything of token */
    journal journal;        /* under writer */
    /* Held for moments only, never over a call into the module: reads do not wait for the token. */
    pthread_rwlock_t guard;
    map map; /* under guard; changed by the writer only */
} store;

extern const kcm_store_functions pkcs11_store;
extern const kcm_store_verify pkcs11_verify;

/* Reads the journal anew where the session is of another connection than its handles. */
CK_RV store_refresh(store *self, const session *session, int takes_over, int32_t *result, kcm_error *error);

int32_t store_health(void *store, kcm_error *error);
int32_t store_commit(void *store, kcm_batch *batches, uint32_t batch_count, kcm_error *error);

#endif
