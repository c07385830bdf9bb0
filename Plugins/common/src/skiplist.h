/*
 * An ordered map from bytes to entries: a skip list. It has no lock of its own; the plugin has one.
 */
#ifndef KCM_PLUGIN_SKIPLIST_H
#define KCM_PLUGIN_SKIPLIST_H

#include <stddef.h>
#include <stdint.h>

#define SKIP_LEVELS 24

typedef struct skip_node {
    uint64_t revision;
    uint64_t value_size;
    const uint8_t *value; /* whose it is, the plugin knows */
    uint32_t level;
    uint32_t key_size;
    uint8_t *key; /* behind `next`, in the same block */
    struct skip_node *next[];
} skip_node;

typedef struct skip_list {
    skip_node *head;
    uint64_t count;
    uint64_t random;
} skip_list;

/* Returns 0 where memory is out. */
int skip_init(skip_list *list);

/* Frees the nodes, not their values. */
void skip_clear(skip_list *list);

/* Frees the nodes and the head. A list that was never initialised, but zeroed, is fine. */
void skip_destroy(skip_list *list);

/* A node that is not in the list yet, with a key of two parts; NULL where memory is out. */
skip_node *skip_make(skip_list *list, const void *first, size_t first_size, const void *second, size_t second_size);

/* The first node whose key is not below `key`; NULL at the end. */
skip_node *skip_seek(const skip_list *list, const void *key, size_t size);

/* The node with this key, or NULL. */
skip_node *skip_find(const skip_list *list, const void *key, size_t size);

/* Puts a node in; its key is not there yet. */
void skip_insert(skip_list *list, skip_node *node);

/* Takes a node out; the caller frees it with free(). */
void skip_remove(skip_list *list, skip_node *node);

/* How many namespaces the keys, which start with a namespace prefix, have. */
uint64_t skip_namespaces(const skip_list *list);

/* The first node behind the namespace that `node`'s key starts with, or NULL; NULL gives the first of all. */
skip_node *skip_next_namespace(const skip_list *list, const skip_node *node);

#endif
