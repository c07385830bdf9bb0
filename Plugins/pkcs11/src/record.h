/*
 * A record as it stands on the token: one CKO_DATA object for each write, never changed after it was made. Its value is, big-endian,
 *   "KCMR", format (1), kind (1), 0 (2), transaction (8), place in it (4), records in it (4), revision (8),
 *   sizes of namespace (4), key (4), value (4), then these three, then SHA-256 of all before.
 * Its label says transaction and place once more, so that an object whose value was cut short still tells which transaction it is of.
 */
#ifndef KCM_PKCS11_RECORD_H
#define KCM_PKCS11_RECORD_H

#include "map.h"

#define RECORD_PUT 1
#define RECORD_REMOVED 2 /* nothing stands under the key any more */

#define RECORD_LABEL_SIZE 48

typedef struct record {
    uint8_t kind;
    uint64_t transaction;
    uint32_t place, count;
    uint64_t revision;
    kcm_bytes name_space, key, value;
} record;

/* The bytes for CKA_VALUE, which the caller frees; NULL: out of memory. */
uint8_t *record_encode(const record *self, size_t *size);
/* Reads what record_encode made; the parts point into data. Returns 0 on success, -1 where it is broken, -2 where it is of a newer format. */
int record_decode(record *self, const uint8_t *data, size_t size);

/* "record <transaction> <place>/<count>" */
void record_label(const record *self, char label[RECORD_LABEL_SIZE]);
/* The transaction of a label that need not end in NUL; 0 where it is none. */
uint64_t record_label_transaction(const uint8_t *label, size_t size);

#endif
