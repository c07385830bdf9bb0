#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWNER_LABEL "owner"

static CK_OBJECT_CLASS data_class = CKO_DATA;
static CK_BBOOL yes = CK_TRUE;

int handles_reserve(handles *self, size_t more)
{
    if (self->count + more <= self->room) {
        return 0;
    }
    size_t room = (self->count + more) * 2;
    CK_OBJECT_HANDLE *grown = realloc(self->list, room * sizeof *grown);
    if (grown == NULL) {
        return -1;
    }
    self->list = grown;
    self->room = room;
    return 0;
}

static CK_RV destroy_all(const session *session, handles *handles)
{
    while (handles->count > 0) {
        CK_RV code = objects_destroy(session, handles->list[handles->count - 1]);
        if (code != CKR_OK) {
            return code;
        }
        handles->count--;
    }
    return CKR_OK;
}

/* ---- Objects ---- */

static CK_RV create(const journal *self, const session *session, const char *label, const void *value, size_t size, CK_OBJECT_HANDLE *made)
{
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &data_class, sizeof data_class},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_APPLICATION, (void *)self->application, strlen(self->application)},
        {CKA_LABEL, (void *)label, strlen(label)},
        {CKA_VALUE, (void *)value, size},
    };
    return session->functions->C_CreateObject(session->handle, template, sizeof template / sizeof *template, made);
}

static CK_RV each(const journal *self, const session *session, const char *label, object_visit visit, void *context)
{
    CK_ATTRIBUTE pattern[] = {
        {CKA_CLASS, &data_class, sizeof data_class},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_APPLICATION, (void *)self->application, strlen(self->application)},
        {CKA_LABEL, (void *)label, label != NULL ? strlen(label) : 0},
    };
    return objects_each(session, pattern, label != NULL ? 4 : 3, visit, context);
}

CK_RV journal_each(const journal *self, const session *session, object_visit visit, void *context)
{
    return each(self, session, NULL, visit, context);
}

static CK_RV destroy(void *context, const session *session, CK_OBJECT_HANDLE object)
{
    (void)context;
    return objects_destroy(session, object);
}

/* ---- Owner ---- */

typedef struct owner_search {
    journal *journal;
    unsigned ours, others;
    char other[OWNER_SIZE];
} owner_search;

static CK_RV look_at_owner(void *context, const session *session, CK_OBJECT_HANDLE object)
{
    owner_search *self = context;
    uint8_t *value;
    size_t size;
    CK_RV code = objects_read(session, object, CKA_VALUE, &value, &size);
    if (code != CKR_OK) {
        return code;
    }
    if (size == strlen(self->journal->owner) && memcmp(value, self->journal->owner, size) == 0) {
        self->ours++;
        self->journal->owner_object = object;
    } else {
        self->others++;
        snprintf(self->other, sizeof self->other, "%.*s", (int)(size < OWNER_SIZE - 1 ? size : OWNER_SIZE - 1), value != NULL ? (char *)value : "");
    }
    free(value);
    return CKR_OK;
}

static CK_RV claim(journal *self, const session *session)
{
    return create(self, session, OWNER_LABEL, self->owner, strlen(self->owner), &self->owner_object);
}

CK_RV journal_find_owner(journal *self, const session *session, int claims, int32_t *result, kcm_error *error)
{
    owner_search search = {.journal = self};
    CK_RV code = each(self, session, OWNER_LABEL, look_at_owner, &search);
    if (code == CKR_OK && search.others > 0) {
        snprintf(error->text, sizeof error->text, "the store %s on the token was taken over by %.160s; this process must not write any more",
                 self->application, search.other);
        *result = KCM_UNAVAILABLE;
    } else if (code == CKR_OK && search.ours == 0) {
        /* The token was away, or whoever took the store over has left it: what it holds has to be read first. */
        code = claims ? claim(self, session) : CKR_OBJECT_HANDLE_INVALID;
    }
    return code;
}

CK_RV journal_check_owner(journal *self, const session *session, int32_t *result, kcm_error *error)
{
    char value[OWNER_SIZE];
    CK_ATTRIBUTE attribute = {CKA_VALUE, value, sizeof value};
    CK_RV code = session->functions->C_GetAttributeValue(session->handle, self->owner_object, &attribute, 1);
    if (code == CKR_OK && attribute.ulValueLen == strlen(self->owner) && memcmp(value, self->owner, attribute.ulValueLen) == 0) {
        return CKR_OK;
    }
    return journal_find_owner(self, session, 0, result, error);
}

CK_RV journal_take_over(journal *self, const session *session)
{
    CK_RV code = each(self, session, OWNER_LABEL, destroy, NULL);
    return code != CKR_OK ? code : claim(self, session);
}

void journal_leave(journal *self, const session *session)
{
    if (self->owner_object != 0 && self->epoch == session->epoch) {
        (void)objects_destroy(session, self->owner_object);
    }
}

/* ---- Writing ---- */

CK_RV journal_sweep(journal *self, const session *session)
{
    return destroy_all(session, &self->stale);
}

/* Takes back what was made of a transaction whose record at `failed` the token refused. */
static void take_back(journal *self, const session *session, const record *failed, CK_OBJECT_HANDLE *objects)
{
    /* A token that ran full may have kept a part of the last one. */
    char label[RECORD_LABEL_SIZE];
    record_label(failed, label);
    CK_RV code = each(self, session, label, destroy, NULL);
    for (uint32_t i = failed->place; i > 0 && code == CKR_OK; i--) {
        code = objects_destroy(session, objects[i - 1]);
    }
    if (code != CKR_OK) {
        self->epoch = 0;
    }
}

CK_RV journal_write(journal *self, const session *session, record *records, uint32_t count, CK_OBJECT_HANDLE *objects)
{
    self->transaction++;
    for (uint32_t i = 0; i < count; i++) {
        records[i].transaction = self->transaction;
        records[i].place = i;
        records[i].count = count;
        char label[RECORD_LABEL_SIZE];
        record_label(&records[i], label);
        size_t size;
        uint8_t *value = record_encode(&records[i], &size);
        CK_RV code = value == NULL ? CKR_HOST_MEMORY : create(self, session, label, value, size, &objects[i]);
        free(value);
        if (code == CKR_OK) {
            continue;
        }
        if (token_is_lost(code)) {
            self->epoch = 0;
        } else {
            take_back(self, session, &records[i], objects);
        }
        return code;
    }
    return CKR_OK;
}

void journal_free(journal *self)
{
    free(self->stale.list);
    free(self->removals.list);
}
