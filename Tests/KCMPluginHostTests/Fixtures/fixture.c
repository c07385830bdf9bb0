/*
 * A store and root of trust that keep to the contract, unless a macro says otherwise: each test builds its own faulty plugin.
 * The store holds "one" = "value" and "two" = "value" in every namespace, and counts what it is asked to commit.
 */
#include <kcm/kcm_plugin.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MAGIC
#define MAGIC KCM_PLUGIN_MAGIC
#endif
#ifndef MAJOR
#define MAJOR KCM_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR KCM_ABI_MINOR
#endif
#ifndef SIZE
#define SIZE sizeof(kcm_plugin_descriptor)
#endif
#ifndef TABLE_SIZE
#define TABLE_SIZE sizeof(kcm_store_functions)
#endif
#ifndef MODEL
#define MODEL KCM_THREADS_PARALLEL
#endif
#ifndef CAPABILITIES
#define CAPABILITIES (KCM_CAP_STORE | KCM_CAP_ROOT)
#endif
#ifndef LEAST_KEY
#define LEAST_KEY 512
#endif
#ifndef GET
#define GET store_get
#endif
/* Milliseconds that a call takes. */
#ifndef GET_TIME
#define GET_TIME 0
#endif
#ifndef COMMIT_TIME
#define COMMIT_TIME 0
#endif
/* What get does with a key that is there. */
#ifndef ANSWER
#define ANSWER sink(context, text("value"), 1); return KCM_OK
#endif
/* What scan hands over. */
#ifndef ENTRIES
#define ENTRIES "one", "two"
#endif
#ifndef NAMESPACES
#define NAMESPACES "acme", "globex"
#endif
/* What unwrap does. */
#ifndef OPENED
#define OPENED sink(context, text("0123456789abcdef"), 1); return KCM_OK
#endif
#ifndef BATCH_RESULT
#define BATCH_RESULT KCM_OK
#endif
#ifndef GROUP_RESULT
#define GROUP_RESULT KCM_OK
#endif

static atomic_uint_fast64_t groups, batches_seen, running, together;

static inline kcm_bytes text(const char *words)
{
    return (kcm_bytes){(const uint8_t *)words, strlen(words)};
}

static void enter(unsigned milliseconds)
{
    uint64_t now = atomic_fetch_add(&running, 1) + 1, most = atomic_load(&together);
    while (now > most && !atomic_compare_exchange_weak(&together, &most, now)) {
    }
    if (milliseconds > 0) {
#ifdef GATE
        /* While this file is there. */
        while (access(GATE, F_OK) == 0) {
            usleep(1000);
        }
#else
        usleep(milliseconds * 1000);
#endif
    }
}

static void leave(void)
{
    atomic_fetch_sub(&running, 1);
}

static int32_t store_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **store, kcm_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(settings[i].key, "colour") != 0) {
            snprintf(error->text, sizeof error->text, "setting '%s' is not known; there is 'colour'", settings[i].key);
            return KCM_INVALID;
        }
        host->log(host->context, KCM_LOG_WARNING, settings[i].value);
    }
    if (host->clock(host->context) < INT64_C(1700000000) * 1000000000 || host->get_extension(host->context, "none/1") != NULL) {
        snprintf(error->text, sizeof error->text, "the host has no clock");
        return KCM_FAILED;
    }
#ifdef NO_INSTANCE
    (void)store;
#else
    *store = malloc(1);
#endif
    return KCM_OK;
}

static void store_close(void *store)
{
    free(store);
}

static void store_limits(void *store, kcm_store_limits *limits)
{
    (void)store;
    limits->maximum_batch = 4096;
    limits->maximum_key = LEAST_KEY;
    limits->maximum_value = 65536;
}

static inline int32_t store_get(void *store, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    (void)store, (void)name_space, (void)error;
    (void)sink, (void)context;
    static const char big[65537];
    (void)big;
    enter(key.size == 4 && memcmp(key.data, "slow", 4) == 0 ? GET_TIME : 0);
    leave();
    if (key.size == 4 && memcmp(key.data, "none", 4) == 0) {
        return KCM_NOT_FOUND;
    }
    ANSWER;
}

static int32_t store_commit(void *store, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    (void)store, (void)error;
    enter(COMMIT_TIME);
    atomic_fetch_add(&groups, 1);
    atomic_fetch_add(&batches_seen, count);
    for (uint32_t i = 0; i < count; i++) {
        batches[i].result = BATCH_RESULT;
    }
    leave();
    return GROUP_RESULT;
}

static int32_t store_scan(void *store, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit,
                          kcm_entry_sink sink, void *context, kcm_error *error)
{
    (void)store, (void)name_space, (void)prefix, (void)after, (void)limit, (void)error;
    static const char *const entries[] = {ENTRIES};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (sink(context, text(entries[i]), text("value"), 1) != 0) {
            break;
        }
    }
    return KCM_OK;
}

static int32_t store_namespaces(void *store, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    (void)store, (void)error;
    static const char *const names[] = {NAMESPACES};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (sink(context, text(names[i])) != 0) {
            break;
        }
    }
    return KCM_OK;
}

/* For the tests: groups, batches, and the most calls at one time. */
static int32_t store_statistics(void *store, kcm_store_statistics *statistics, kcm_error *error)
{
    (void)store, (void)error;
    statistics->namespaces = groups;
    statistics->entries = batches_seen;
    statistics->bytes = together;
    return KCM_OK;
}

static int32_t store_health(void *store, kcm_error *error)
{
    (void)store;
    snprintf(error->text, sizeof error->text, "the disk is on fire");
    return KCM_UNAVAILABLE;
}

static int32_t root_wrap(void *root, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    (void)root, (void)error;
    sink(context, key, 1);
    return KCM_OK;
}

static int32_t root_unwrap(void *root, kcm_bytes blob, kcm_value_sink sink, void *context, kcm_error *error)
{
    (void)root, (void)blob, (void)sink, (void)context, (void)error;
    OPENED;
}

static const kcm_store_functions store_functions = {
    .struct_size = TABLE_SIZE,
    .open = store_open,
    .close = store_close,
    .limits = store_limits,
    .get = GET,
    .commit = store_commit,
    .scan = store_scan,
    .namespaces = store_namespaces,
    .statistics = store_statistics,
    .health = store_health,
};

static const kcm_root_functions root_functions = {
    .struct_size = sizeof root_functions,
    .open = store_open,
    .close = store_close,
    .wrap = root_wrap,
    .unwrap = root_unwrap,
    .health = store_health,
};

static const kcm_plugin_descriptor descriptor = {
    .magic = MAGIC,
    .abi_major = MAJOR,
    .abi_minor = MINOR,
    .struct_size = SIZE,
    .thread_model = MODEL,
    .capabilities = CAPABILITIES,
    .name = "fixture",
    .version = "0.1",
    .vendor = "Tests",
    .description = "Does what a test asks of it",
    .store = &store_functions,
    .root = &root_functions,
};

#ifdef NO_ENTRY
extern const kcm_plugin_descriptor *const other;
const kcm_plugin_descriptor *const other = &descriptor;
#else
KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
#ifdef NO_DESCRIPTOR
    (void)descriptor;
    return NULL;
#else
    return &descriptor;
#endif
}
#endif
