/*
 * A store that passes everything on to a real plugin, and breaks the contract when a file tells it to: one line `CALL FAULT [N]`.
 *   CALL   get, scan, commit, health, close
 *   FAULT  sleep N        milliseconds, then as it should
 *          code N         returns N without doing anything
 *          never          KCM_OK without calling the sink, or without setting a result
 *          twice          the sink once more, after the last time
 *          long           a value over the limits
 *          disorder       the entries of a scan all with the same key
 * Settings: library (the real plugin), control_file, and the real plugin's own.
 */
#include <kcm/kcm_plugin.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const kcm_store_functions *real;
static char control[4096];

static int fault(const char *call, const char *name, unsigned *number)
{
    char said[16], what[16];
    unsigned count = 0;
    int is_it = 0;
    FILE *file = fopen(control, "r");
    if (file != NULL) {
        is_it = fscanf(file, "%15s %15s %u", said, what, &count) >= 2 && strcmp(said, call) == 0 && strcmp(what, name) == 0;
        fclose(file);
    }
    *number = count;
    return is_it;
}

/* Faults that every call can have. Returns whether the call ends here. */
static int ends(const char *call, int32_t *code)
{
    unsigned number;
    if (fault(call, "sleep", &number)) {
        usleep(number * 1000);
    }
    if (fault(call, "code", &number)) {
        *code = (int32_t)number;
        return 1;
    }
    return 0;
}

static int32_t unruly_open(const kcm_host *host, const kcm_setting *settings, uint32_t count, void **store, kcm_error *error)
{
    kcm_setting kept[16];
    uint32_t number = 0;
    const char *library = "";
    for (uint32_t i = 0; i < count && number < 16; i++) {
        if (strcmp(settings[i].key, "library") == 0) {
            library = settings[i].value;
        } else if (strcmp(settings[i].key, "control_file") == 0) {
            snprintf(control, sizeof control, "%s", settings[i].value);
        } else {
            kept[number++] = settings[i];
        }
    }
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    const kcm_plugin_descriptor *(*entry)(void) = NULL;
    if (handle != NULL) {
        *(void **)&entry = dlsym(handle, "kcm_plugin_entry");
    }
    if (entry == NULL) {
        snprintf(error->text, sizeof error->text, "the real plugin does not load: %.300s", dlerror());
        return KCM_INVALID;
    }
    real = entry()->store;
    return real->open(host, kept, number, store, error);
}

static void unruly_close(void *store)
{
    int32_t code;
    if (!ends("close", &code)) {
        real->close(store);
    }
}

static void unruly_limits(void *store, kcm_store_limits *limits) { real->limits(store, limits); }

static int32_t unruly_get(void *store, kcm_bytes space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    static uint8_t big[64 << 20];
    int32_t code;
    unsigned number;
    if (ends("get", &code)) {
        return code;
    }
    if (fault("get", "never", &number)) {
        return KCM_OK;
    }
    if (fault("get", "long", &number)) {
        sink(context, (kcm_bytes){big, sizeof big}, 1);
        return KCM_OK;
    }
    code = real->get(store, space, key, sink, context, error);
    if (code == KCM_OK && fault("get", "twice", &number)) {
        sink(context, key, 1);
    }
    return code;
}

static int32_t unruly_scan(void *store, kcm_bytes space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink,
                           void *context, kcm_error *error)
{
    static uint8_t big[64 << 20];
    int32_t code;
    unsigned number;
    if (ends("scan", &code)) {
        return code;
    }
    if (fault("scan", "long", &number)) {
        sink(context, prefix, (kcm_bytes){big, sizeof big}, 1);
        return KCM_OK;
    }
    if (fault("scan", "disorder", &number)) {
        sink(context, prefix, prefix, 1);
        sink(context, prefix, prefix, 1);
        return KCM_OK;
    }
    code = real->scan(store, space, prefix, after, limit, sink, context, error);
    if (code == KCM_OK && fault("scan", "twice", &number)) {
        for (uint32_t i = 0; i <= limit; i++) {
            sink(context, prefix, prefix, 1);
        }
    }
    return code;
}

static int32_t unruly_commit(void *store, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    int32_t code;
    unsigned number;
    if (ends("commit", &code)) {
        return code;
    }
    if (fault("commit", "never", &number)) {
        return KCM_OK;
    }
    return real->commit(store, batches, count, error);
}

static int32_t unruly_namespaces(void *store, kcm_namespace_sink sink, void *context, kcm_error *error)
{
    return real->namespaces(store, sink, context, error);
}

static int32_t unruly_statistics(void *store, kcm_store_statistics *statistics, kcm_error *error)
{
    return real->statistics(store, statistics, error);
}

static int32_t unruly_health(void *store, kcm_error *error)
{
    int32_t code;
    return ends("health", &code) ? code : real->health(store, error);
}

static const kcm_store_functions functions = {
    .struct_size = sizeof functions,
    .open = unruly_open,
    .close = unruly_close,
    .limits = unruly_limits,
    .get = unruly_get,
    .commit = unruly_commit,
    .scan = unruly_scan,
    .namespaces = unruly_namespaces,
    .statistics = unruly_statistics,
    .health = unruly_health,
};

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_ONE_WRITER,
    .capabilities = KCM_CAP_STORE | KCM_CAP_DURABLE,
    .name = "unruly",
    .version = "1.0.0",
    .vendor = "Tests",
    .description = "Passes calls on, and breaks the contract when told to",
    .store = &functions,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void) { return &descriptor; }
