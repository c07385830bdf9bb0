/* Where scans start, and namespaces as prefixes of keys. */
#include "common.h"

int common_scan_start(kcm_bytes prefix, const kcm_bytes *after, kcm_bytes *start)
{
    if (after != NULL && common_compare(after->data, after->size, prefix.data, prefix.size) >= 0) {
        *start = *after;
        return 1;
    }
    *start = prefix;
    return 0;
}

size_t common_namespace_prefix(kcm_bytes name_space, uint8_t *prefix)
{
    size_t size = 0;
    for (uint64_t i = 0; i < name_space.size; i++) {
        prefix[size++] = name_space.data[i];
        if (name_space.data[i] == 0) {
            prefix[size++] = 0xFF;
        }
    }
    prefix[size++] = 0;
    prefix[size++] = 0;
    return size;
}

size_t common_namespace_of(const uint8_t *key, size_t size, uint8_t name[COMMON_MAXIMUM_NAMESPACE], size_t *name_size)
{
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        if (key[i] == 0) {
            if (i + 1 < size && key[i + 1] == 0) {
                *name_size = written;
                return i + 2;
            }
            if (i + 1 >= size || key[i + 1] != 0xFF) {
                return 0;
            }
        }
        if (written == COMMON_MAXIMUM_NAMESPACE) {
            return 0;
        }
        name[written++] = key[i];
        i += key[i] == 0;
    }
    return 0;
}
