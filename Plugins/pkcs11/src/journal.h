/*
 * The store's life on the token. Objects are made and destroyed, never changed, so that whatever a kill leaves can be told:
 *  - A batch is a transaction: one record for each write, numbered, each saying how many there are. It is committed with its last record.
 *  - Only then what it replaces is destroyed. Records that say "removed" stay until a later transaction is committed.
 *  - Transactions do not overlap: the next begins when nothing is left of a failed one, and when what the last one replaced is gone.
 * So at opening only the transaction with the highest number is in doubt: with all its records it counts, else they are destroyed. Of
 * the rest the highest record of each key counts, and what stands below it is destroyed.
 */
#ifndef KCM_PKCS11_JOURNAL_H
#define KCM_PKCS11_JOURNAL_H

#include "objects.h"
#include "record.h"

#define MAXIMUM_NAME 64
#define OWNER_SIZE 160

/* Handles of objects to be destroyed. */
typedef struct handles {
    CK_OBJECT_HANDLE *list;
    size_t count, room;
} handles;

typedef struct journal {
    char application[16 + MAXIMUM_NAME]; /* CKA_APPLICATION of all objects */
    char owner[OWNER_SIZE];              /* who we are: the value of the owner object */
    CK_OBJECT_HANDLE owner_object;
    uint64_t epoch;       /* of the connection that all handles are from; 0: to be loaded */
    uint64_t transaction; /* the last number used */
    uint64_t committed;   /* the last number that is committed */
    handles stale;        /* replaced by what is committed */
    handles removals;     /* records that say "removed", of the last transaction */
} journal;

/* Reads everything into an empty map and clears up. takes_over: becomes the owner; else it has to be it already. */
CK_RV journal_load(journal *self, const session *session, map *map, int takes_over, int32_t *result, kcm_error *error);

/* Becomes the owner, whoever was it. */
CK_RV journal_take_over(journal *self, const session *session);
/* Finds out whether we are still the owner: KCM_UNAVAILABLE in *result where another is. Where nobody is: claims it, or answers a code
 * that makes the caller connect and load anew. */
CK_RV journal_find_owner(journal *self, const session *session, int claims, int32_t *result, kcm_error *error);

/* Whether the store is still ours; as journal_find_owner, mostly with one call. */
CK_RV journal_check_owner(journal *self, const session *session, int32_t *result, kcm_error *error);

/* Destroys what is stale. Until that succeeds no transaction may begin. */
CK_RV journal_sweep(journal *self, const session *session);

/* Makes the records of one transaction; objects receives their handles. On failure nothing of it is left, or epoch is 0: then the
 * journal has to be loaded to know. */
CK_RV journal_write(journal *self, const session *session, record *records, uint32_t count, CK_OBJECT_HANDLE *objects);

/* Gives the store up: the owner object goes. */
void journal_leave(journal *self, const session *session);
void journal_free(journal *self);

/* Makes room for so many more. Returns 0 on success. */
int handles_reserve(handles *self, size_t more);

/* Calls visit for each record object. */
CK_RV journal_each(const journal *self, const session *session, object_visit visit, void *context);

#endif
