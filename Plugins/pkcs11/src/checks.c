/* Health and verification: at the token, not in the index. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>

static CK_RV health_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    store *self = context;
    CK_RV code = store_refresh(self, session, 0, result, error);
    return code != CKR_OK || *result != KCM_OK ? code : journal_check_owner(&self->journal, session, result, error);
}

int32_t store_health(void *opaque, kcm_error *error)
{
    store *self = opaque;
    pthread_mutex_lock(&self->writer);
    int32_t result = token_run(&self->token, health_work, self, error);
    pthread_mutex_unlock(&self->writer);
    return result;
}

typedef struct verification {
    store *store;
    uint64_t seen;
    int32_t *result;
    kcm_error *error;
} verification;

static CK_RV verify_one(void *context, const session *session, CK_OBJECT_HANDLE object)
{
    verification *self = context;
    uint8_t *label, *value;
    size_t label_size, value_size;
    CK_RV code = objects_read(session, object, CKA_LABEL, &label, &label_size);
    if (code != CKR_OK) {
        return code;
    }
    uint64_t transaction = label != NULL ? record_label_transaction(label, label_size) : 0;
    free(label);
    if (transaction == 0) {
        return CKR_OK;
    }
    code = objects_read(session, object, CKA_VALUE, &value, &value_size);
    if (code != CKR_OK) {
        return code;
    }
    record record;
    int is_good = value != NULL && record_decode(&record, value, value_size) == 0 && record.transaction == transaction;
    if (is_good && record.kind == RECORD_PUT) {
        const entry *there = map_find(&self->store->map, record.name_space, record.key);
        is_good = there != NULL && there->transaction == transaction && there->revision == record.revision &&
                  bytes_compare(there->value, record.value) == 0;
        self->seen++;
    }
    free(value);
    if (!is_good) {
        snprintf(self->error->text, sizeof self->error->text, "a record of transaction %llu on the token is not what was written",
                 (unsigned long long)transaction);
        *self->result = KCM_CORRUPT;
    }
    return CKR_OK;
}

static CK_RV verify_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    store *self = context;
    CK_RV code = store_refresh(self, session, 0, result, error);
    if (code == CKR_OK && *result == KCM_OK) {
        code = journal_sweep(&self->journal, session);
    }
    if (code != CKR_OK || *result != KCM_OK) {
        return code;
    }
    verification all = {.store = self, .result = result, .error = error};
    code = journal_each(&self->journal, session, verify_one, &all);
    if (code == CKR_OK && *result == KCM_OK && all.seen != self->map.count) {
        snprintf(error->text, sizeof error->text, "%llu records are on the token where %zu should be", (unsigned long long)all.seen, self->map.count);
        *result = KCM_CORRUPT;
    }
    return code;
}

static int32_t store_verify(void *opaque, kcm_error *error)
{
    store *self = opaque;
    pthread_mutex_lock(&self->writer);
    int32_t result = token_run(&self->token, verify_work, self, error);
    pthread_mutex_unlock(&self->writer);
    return result;
}

const kcm_store_verify pkcs11_verify = {.struct_size = sizeof pkcs11_verify, .verify = store_verify};
