#include "record.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "KCMR"
#define FORMAT 1
#define HEADER_SIZE 44
#define DIGEST_SIZE 32

static void put_number(uint8_t **at, uint64_t number, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        *(*at)++ = (uint8_t)(number >> (8 * i));
    }
}

static uint64_t take_number(const uint8_t **at, int size)
{
    uint64_t number = 0;
    for (int i = 0; i < size; i++) {
        number = number << 8 | *(*at)++;
    }
    return number;
}

static void put_bytes(uint8_t **at, kcm_bytes bytes)
{
    common_copy(*at, bytes.data, bytes.size);
    *at += bytes.size;
}

uint8_t *record_encode(const record *self, size_t *size)
{
    *size = HEADER_SIZE + self->name_space.size + self->key.size + self->value.size + DIGEST_SIZE;
    uint8_t *data = malloc(*size);
    if (data == NULL) {
        return NULL;
    }
    uint8_t *at = data;
    memcpy(at, MAGIC, 4);
    at += 4;
    put_number(&at, FORMAT, 1);
    put_number(&at, self->kind, 1);
    put_number(&at, 0, 2);
    put_number(&at, self->transaction, 8);
    put_number(&at, self->place, 4);
    put_number(&at, self->count, 4);
    put_number(&at, self->revision, 8);
    put_number(&at, self->name_space.size, 4);
    put_number(&at, self->key.size, 4);
    put_number(&at, self->value.size, 4);
    put_bytes(&at, self->name_space);
    put_bytes(&at, self->key);
    put_bytes(&at, self->value);
    if (EVP_Digest(data, (size_t)(at - data), at, NULL, EVP_sha256(), NULL) != 1) {
        free(data);
        return NULL;
    }
    return data;
}

int record_decode(record *self, const uint8_t *data, size_t size)
{
    uint8_t digest[DIGEST_SIZE];
    if (size < HEADER_SIZE + DIGEST_SIZE || memcmp(data, MAGIC, 4) != 0) {
        return -1;
    }
    if (data[4] > FORMAT) {
        return -2;
    }
    if (data[4] != FORMAT || EVP_Digest(data, size - DIGEST_SIZE, digest, NULL, EVP_sha256(), NULL) != 1 ||
        memcmp(digest, data + size - DIGEST_SIZE, DIGEST_SIZE) != 0) {
        return -1;
    }
    const uint8_t *at = data + 5;
    self->kind = (uint8_t)take_number(&at, 1);
    at += 2;
    self->transaction = take_number(&at, 8);
    self->place = (uint32_t)take_number(&at, 4);
    self->count = (uint32_t)take_number(&at, 4);
    self->revision = take_number(&at, 8);
    self->name_space.size = take_number(&at, 4);
    self->key.size = take_number(&at, 4);
    self->value.size = take_number(&at, 4);
    if (self->name_space.size + self->key.size + self->value.size != size - HEADER_SIZE - DIGEST_SIZE || self->transaction == 0 ||
        self->place >= self->count || self->kind < RECORD_PUT || self->kind > RECORD_REMOVED) {
        return -1;
    }
    self->name_space.data = at;
    self->key.data = at + self->name_space.size;
    self->value.data = at + self->name_space.size + self->key.size;
    return 0;
}

void record_label(const record *self, char label[RECORD_LABEL_SIZE])
{
    snprintf(label, RECORD_LABEL_SIZE, "record %" PRIu64 " %u/%u", self->transaction, self->place + 1, self->count);
}

uint64_t record_label_transaction(const uint8_t *label, size_t size)
{
    char text[RECORD_LABEL_SIZE];
    if (size >= sizeof text) {
        return 0;
    }
    memcpy(text, label, size);
    text[size] = '\0';
    uint64_t transaction;
    return sscanf(text, "record %" SCNu64, &transaction) == 1 ? transaction : 0;
}
