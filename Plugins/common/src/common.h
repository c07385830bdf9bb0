/*
 * What more than one of the shipped plugins needs. Linked into each of them; hidden from everybody else.
 */
#ifndef KCM_PLUGIN_COMMON_H
#define KCM_PLUGIN_COMMON_H

#include <kcm/kcm_plugin.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- Errors and settings ---- */

/* Writes the operator's text, cut at the end of the field, and returns `code`. */
__attribute__((format(printf, 3, 4))) int32_t common_fail(kcm_error *error, int32_t code, const char *format, ...);

/* As above for a system call: FULL where the disk or quota is, FAILED otherwise. `number` is its errno. */
int32_t common_fail_errno(kcm_error *error, int number, const char *what, const char *path);

/* A setting that a plugin knows; `value` stays as it was where the configuration does not have it. */
typedef struct common_setting {
    const char *key;
    const char **value;
} common_setting;

/* Takes the settings that are known; KCM_INVALID names the first that is not. */
int32_t common_settings(const kcm_setting *settings, uint32_t count, const common_setting *known, size_t known_count, kcm_error *error);

/* Bytes, with or without a unit of KiB, MiB, GiB or TiB. Returns 0 where `text` is no such size. */
int common_size(const char *text, uint64_t *size);

/* ---- Writes ---- */

/* KCM_INVALID for what this ABI does not know, KCM_TOO_LARGE over the limits. */
int32_t common_check_write(const kcm_write *write, uint64_t maximum_key, uint64_t maximum_value);

/* Whether a write may happen where its key has `revision` (0: is not there). */
static inline int common_expectation_holds(const kcm_write *write, uint64_t revision)
{
    return write->expectation == KCM_EXPECT_ANY || (write->expectation == KCM_EXPECT_ABSENT && revision == 0) ||
           (write->expectation == KCM_EXPECT_REVISION && revision != 0 && revision == write->revision);
}

/* The revision that a put or restore gives. */
static inline uint64_t common_next_revision(const kcm_write *write, uint64_t revision)
{
    return write->operation == KCM_RESTORE ? write->revision : revision + 1;
}

/* ---- Bytes and order ---- */

static inline int common_compare(const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;
    int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static inline int common_starts_with(const void *data, size_t size, kcm_bytes prefix)
{
    return size >= prefix.size && (prefix.size == 0 || memcmp(data, prefix.data, prefix.size) == 0);
}

static inline void common_copy(void *to, const void *from, size_t size)
{
    if (size > 0) {
        memcpy(to, from, size);
    }
}

/* Where a scan starts: at the prefix, or behind `after` where that is not before it. Returns whether the start itself is left out. */
int common_scan_start(kcm_bytes prefix, const kcm_bytes *after, kcm_bytes *start);

/* A namespace as a prefix of keys that keeps the byte order of namespaces and of the keys in each: 00 is written as 00 FF, and
 * 00 00 ends it. With the last byte as 01 it lies behind every key of the namespace and before the next one. */
#define COMMON_MAXIMUM_NAMESPACE 128
#define COMMON_MAXIMUM_PREFIX (2 * COMMON_MAXIMUM_NAMESPACE + 2)

/* Returns the size of the prefix. The namespace is within its limit. */
size_t common_namespace_prefix(kcm_bytes name_space, uint8_t *prefix);

/* The namespace of a key that starts with its prefix; returns the size of the prefix, or 0 where there is none. */
size_t common_namespace_of(const uint8_t *key, size_t size, uint8_t name[COMMON_MAXIMUM_NAMESPACE], size_t *name_size);

/* ---- Numbers on the medium: little-endian ---- */

static inline void common_store(uint8_t *to, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(number >> (8 * i));
    }
}

static inline uint64_t common_load(const uint8_t *from, int bytes)
{
    uint64_t number = 0;
    for (int i = bytes - 1; i >= 0; i--) {
        number = number << 8 | from[i];
    }
    return number;
}

/* CRC-32C of some bytes behind others whose checksum is `crc` (0 at first). */
uint32_t common_checksum(uint32_t crc, const void *data, size_t size);

/* ---- Folders ---- */

/* Opens a folder, made with mode 0700 where it is not there (its parent has to be). Refuses one that others may write to.
 * Returns a descriptor in *folder. */
int32_t common_open_folder(const char *path, int *folder, kcm_error *error);

/* Holds `name` in `folder` (AT_FDCWD for a path) against a second process, in *lock. KCM_UNAVAILABLE where it is held.
 * `what` is what the text calls the thing that is locked. */
int32_t common_take_lock(int folder, const char *name, const char *what, int *lock, kcm_error *error);

/* Gives it back; -1 is none. */
void common_drop_lock(int lock);

/* Whether a file can be made and given room in `folder`: KCM_FULL, or KCM_FAILED on a disk that is read-only or broken. */
int32_t common_check_room(int folder, const char *path, kcm_error *error);

#endif
