#ifndef KCM_JSON_H
#define KCM_JSON_H

#include <jansson.h>
#include <stddef.h>

/*
 * Parses one JSON text with jansson: keys that stand twice in an object, and anything behind the value, are refused.
 *
 * A small text can ask for many times its size in values ("[[],[],…"), so at most `budget` bytes are allocated for it; past that the
 * parse fails with json_error_out_of_memory. Values may hold keys: what jansson allocates is wiped before it is freed.
 *
 * Returns the value, owned by the caller and released with json_decref; NULL with `error` filled in otherwise. Its text repeats a part
 * of the input: use the code and the line alone. May be called from any thread.
 */
json_t *kcm_json_load(const char *text, size_t length, size_t budget, json_error_t *error);

/* json_typeof is a macro, which Swift does not see. */
static inline json_type kcm_json_type(const json_t *value) { return json_typeof(value); }

#endif
