#include "skiplist.h"

#include "common.h"

#include <stdlib.h>

static skip_node *make(uint32_t level, size_t key_size)
{
    size_t links = level * sizeof(skip_node *);
    skip_node *node = calloc(1, sizeof(skip_node) + links + key_size);
    if (node != NULL) {
        node->level = level;
        node->key_size = (uint32_t)key_size;
        node->key = (uint8_t *)node + sizeof(skip_node) + links;
    }
    return node;
}

int skip_init(skip_list *list)
{
    *list = (skip_list){.head = make(SKIP_LEVELS, 0), .random = UINT64_C(0x9E3779B97F4A7C15)};
    return list->head != NULL;
}

void skip_clear(skip_list *list)
{
    skip_node *node = list->head->next[0];
    while (node != NULL) {
        skip_node *next = node->next[0];
        free(node);
        node = next;
    }
    memset(list->head->next, 0, SKIP_LEVELS * sizeof(skip_node *));
    list->count = 0;
}

void skip_destroy(skip_list *list)
{
    if (list->head != NULL) {
        skip_clear(list);
        free(list->head);
        list->head = NULL;
    }
}

/* One node in four reaches the next level. */
static uint32_t random_level(skip_list *list)
{
    list->random = list->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t bits = list->random >> 33;
    uint32_t level = 1;
    while (level < SKIP_LEVELS && (bits & 3) == 0) {
        level++;
        bits >>= 2;
    }
    return level;
}

skip_node *skip_make(skip_list *list, const void *first, size_t first_size, const void *second, size_t second_size)
{
    skip_node *node = make(random_level(list), first_size + second_size);
    if (node != NULL) {
        common_copy(node->key, first, first_size);
        common_copy(node->key + first_size, second, second_size);
    }
    return node;
}

/* path receives the nodes before the place on each level. */
static skip_node *seek(const skip_list *list, const void *key, size_t size, skip_node **path)
{
    skip_node *at = list->head;
    for (int level = SKIP_LEVELS - 1; level >= 0; level--) {
        while (at->next[level] != NULL && common_compare(at->next[level]->key, at->next[level]->key_size, key, size) < 0) {
            at = at->next[level];
        }
        if (path != NULL) {
            path[level] = at;
        }
    }
    return at->next[0];
}

skip_node *skip_seek(const skip_list *list, const void *key, size_t size)
{
    return seek(list, key, size, NULL);
}

skip_node *skip_find(const skip_list *list, const void *key, size_t size)
{
    skip_node *node = seek(list, key, size, NULL);
    return node != NULL && common_compare(node->key, node->key_size, key, size) == 0 ? node : NULL;
}

void skip_insert(skip_list *list, skip_node *node)
{
    skip_node *path[SKIP_LEVELS];
    seek(list, node->key, node->key_size, path);
    for (uint32_t level = 0; level < node->level; level++) {
        node->next[level] = path[level]->next[level];
        path[level]->next[level] = node;
    }
    list->count++;
}

void skip_remove(skip_list *list, skip_node *node)
{
    skip_node *path[SKIP_LEVELS];
    seek(list, node->key, node->key_size, path);
    for (uint32_t level = 0; level < node->level; level++) {
        path[level]->next[level] = node->next[level];
    }
    list->count--;
}

skip_node *skip_next_namespace(const skip_list *list, const skip_node *node)
{
    if (node == NULL) {
        return list->head->next[0];
    }
    uint8_t name[COMMON_MAXIMUM_NAMESPACE];
    size_t name_size;
    uint8_t behind[COMMON_MAXIMUM_PREFIX];
    size_t size = common_namespace_of(node->key, node->key_size, name, &name_size);
    memcpy(behind, node->key, size);
    behind[size - 1] = 1;
    return skip_seek(list, behind, size);
}

uint64_t skip_namespaces(const skip_list *list)
{
    uint64_t count = 0;
    for (skip_node *node = skip_next_namespace(list, NULL); node != NULL; node = skip_next_namespace(list, node)) {
        count++;
    }
    return count;
}
