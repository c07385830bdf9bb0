/* Writing: one batch, one transaction of the journal. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>

/* One write that changes something, with what is needed to finish it without failing. */
typedef struct step {
    entry *made;   /* NULL: removes */
    entry *before; /* what stands under the key now, or NULL */
} step;

typedef struct commit {
    store *store;
    const kcm_batch *batch;
    step *steps;
    record *records;
    CK_OBJECT_HANDLE *objects;
    uint32_t count;
    uint64_t transaction; /* the one that was tried before the connection was lost; else 0 */
} commit;

static void forget_steps(commit *self)
{
    for (uint32_t i = 0; i < self->count; i++) {
        entry_free(self->steps[i].made);
        self->steps[i] = (step){0};
    }
    self->count = 0;
}

static int32_t prepare_write(commit *self, const kcm_write *write, uint64_t *bytes)
{
    int32_t result = common_check_write(write, STORE_MAXIMUM_KEY, self->store->maximum_value);
    if (result != KCM_OK) {
        return result;
    }
    kcm_bytes name_space = self->batch->name_space;
    entry *before = map_find(&self->store->map, name_space, write->key);
    uint64_t current = before != NULL ? before->revision : 0;
    if (!common_expectation_holds(write, current)) {
        return KCM_CONFLICT;
    }
    uint32_t at = self->count;
    if (write->operation == KCM_REMOVE) {
        if (before == NULL) {
            return KCM_OK;
        }
        self->steps[at] = (step){NULL, before};
        self->records[at] = (record){.kind = RECORD_REMOVED, .name_space = name_space, .key = write->key};
    } else {
        uint64_t revision = common_next_revision(write, current);
        entry *made = entry_make(name_space, write->key, write->value, revision);
        if (made == NULL) {
            return KCM_FAILED;
        }
        self->steps[at] = (step){made, before};
        self->records[at] = (record){.kind = RECORD_PUT, .revision = revision, .name_space = name_space, .key = write->key, .value = write->value};
        *bytes += name_space.size + write->key.size + write->value.size;
    }
    self->count++;
    return KCM_OK;
}

/* Room in the index, under its lock: growing moves what readers look at. */
static int reserve(store *self, uint32_t count)
{
    pthread_rwlock_wrlock(&self->guard);
    int result = map_reserve(&self->map, count);
    pthread_rwlock_unlock(&self->guard);
    return result;
}

/* Whether the batch can be done. Nothing is changed. */
static int32_t prepare(commit *self)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < self->batch->write_count; i++) {
        int32_t result = prepare_write(self, &self->batch->writes[i], &bytes);
        if (result != KCM_OK) {
            return result;
        }
    }
    for (uint32_t i = 0; i < self->count; i++) {
        const entry *before = self->steps[i].before;
        bytes -= before != NULL && self->steps[i].made != NULL ? before->name_space.size + before->key.size + before->value.size : 0;
    }
    if ((int64_t)bytes > 0 && self->store->map.bytes + bytes > self->store->capacity) {
        return KCM_FULL;
    }
    handles *stale = &self->store->journal.stale;
    return reserve(self->store, self->count) == 0 && handles_reserve(stale, self->count + self->store->journal.removals.count) == 0 &&
                   handles_reserve(&self->store->journal.removals, self->count) == 0
               ? KCM_OK
               : KCM_FAILED;
}

/* The token has it: now the index, which cannot fail. */
static void finish(commit *self)
{
    journal *journal = &self->store->journal;
    journal->committed = journal->transaction;
    handles *stale = &journal->stale, *removals = &journal->removals;
    for (size_t i = 0; i < removals->count; i++) {
        stale->list[stale->count++] = removals->list[i];
    }
    removals->count = 0;
    pthread_rwlock_wrlock(&self->store->guard);
    for (uint32_t i = 0; i < self->count; i++) {
        step *one = &self->steps[i];
        if (one->before != NULL) {
            stale->list[stale->count++] = one->before->object;
        }
        if (one->made == NULL) {
            removals->list[removals->count++] = self->objects[i];
            map_remove(&self->store->map, one->before);
        } else {
            one->made->object = self->objects[i];
            one->made->transaction = journal->transaction;
            (void)map_put(&self->store->map, one->made);
        }
    }
    pthread_rwlock_unlock(&self->store->guard);
    for (uint32_t i = 0; i < self->count; i++) {
        entry_free(self->steps[i].before);
        self->steps[i] = (step){0};
    }
    self->count = 0;
}

static CK_RV commit_work(void *context, const session *session, int32_t *result, kcm_error *error)
{
    commit *self = context;
    journal *journal = &self->store->journal;
    forget_steps(self);
    CK_RV code = store_refresh(self->store, session, 0, result, error);
    if (code != CKR_OK || *result != KCM_OK) {
        return code;
    }
    if (self->transaction != 0 && self->transaction == journal->committed) {
        /* The token had it before the connection was lost, and it was just read. */
        return CKR_OK;
    }
    *result = prepare(self);
    if (*result != KCM_OK || self->count == 0) {
        return CKR_OK;
    }
    code = journal_check_owner(journal, session, result, error);
    if (code == CKR_OK && *result == KCM_OK) {
        code = journal_sweep(journal, session);
    }
    if (code != CKR_OK || *result != KCM_OK) {
        return code;
    }
    code = journal_write(journal, session, self->records, self->count, self->objects);
    self->transaction = journal->transaction;
    if (code != CKR_OK) {
        return code;
    }
    finish(self);
    /* It is committed; what cannot be swept now is swept before the next one, or at the next opening. */
    (void)journal_sweep(journal, session);
    return CKR_OK;
}

static int32_t commit_batch(store *self, const kcm_batch *batch, kcm_error *error)
{
    if (batch->write_count > STORE_MAXIMUM_BATCH) {
        return KCM_TOO_LARGE;
    }
    uint32_t room = batch->write_count > 0 ? batch->write_count : 1;
    commit one = {
        .store = self,
        .batch = batch,
        .steps = calloc(room, sizeof(step)),
        .records = calloc(room, sizeof(record)),
        .objects = calloc(room, sizeof(CK_OBJECT_HANDLE)),
    };
    int32_t result = KCM_FAILED;
    if (one.steps != NULL && one.records != NULL && one.objects != NULL) {
        result = token_run(&self->token, commit_work, &one, error);
        forget_steps(&one);
    } else {
        snprintf(error->text, sizeof error->text, "out of memory");
    }
    free(one.steps);
    free(one.records);
    free(one.objects);
    return result;
}

int32_t store_commit(void *opaque, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    store *self = opaque;
    int has_changed = 0;
    pthread_mutex_lock(&self->writer);
    for (uint32_t i = 0; i < count; i++) {
        kcm_error own = {.struct_size = sizeof own};
        int32_t result = commit_batch(self, &batches[i], &own);
        batches[i].result = result;
        has_changed |= result == KCM_OK;
        if (result == KCM_UNAVAILABLE || result == KCM_FAILED || result == KCM_CORRUPT) {
            /* The token is in trouble: the group fails, or what is left of it where a part is done. */
            if (!has_changed) {
                pthread_mutex_unlock(&self->writer);
                snprintf(error->text, sizeof error->text, "%s", own.text);
                return result;
            }
            self->token.host->log(self->token.host->context, KCM_LOG_ERROR, own.text);
            for (uint32_t rest = i + 1; rest < count; rest++) {
                batches[rest].result = result;
            }
            break;
        }
    }
    pthread_mutex_unlock(&self->writer);
    return KCM_OK;
}
