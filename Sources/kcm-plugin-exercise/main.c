/*
 * Exercises a plugin once through everything, to be run under valgrind by `kcmctl plugin check`:
 *   kcm-plugin-exercise LIBRARY TOKEN store|root [key=value ...]
 * It judges nothing but memory: answers are read and dropped. What it passes in stands in blocks of exactly its size and is
 * freed when the call is back, so that a byte too many or too late is seen. Descriptor 3, where there is one, is told how far it is.
 * Exit codes: 0 done, 2 wrong usage, 3 the plugin does not load or open.
 */
#include <kcm/kcm_plugin.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 3
#define KEYS 40

static FILE *channel;
static const kcm_plugin_descriptor *plugin;
static kcm_setting *settings;
static uint32_t setting_count;
static const char *token;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static volatile uint8_t seen;
static char reason[504]; /* of the last open that failed */

static void step(int percent)
{
    fprintf(channel, "step %d\n", percent);
    fflush(channel);
}

/* ---- The host ---- */

static void host_log(void *context, uint32_t level, const char *text)
{
    (void)context, (void)level;
    for (; *text != '\0'; text++) {
        seen ^= (uint8_t)*text;
    }
}

static int64_t host_clock(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static const void *host_extension(void *context, const char *id)
{
    (void)context, (void)id;
    return NULL;
}

static const kcm_host host = {
    .struct_size = sizeof host,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .log = host_log,
    .clock = host_clock,
    .get_extension = host_extension,
};

/* Reads every byte, so that one that is not there is seen. */
static void look(kcm_bytes bytes)
{
    for (uint64_t i = 0; i < bytes.size; i++) {
        seen ^= bytes.data[i];
    }
}

typedef struct taken {
    uint8_t bytes[2048];
    uint64_t size;
    int stop_after;
} taken;

static void take_value(void *context, kcm_bytes value, uint64_t revision)
{
    (void)revision;
    taken *into = context;
    look(value);
    into->size = value.size < sizeof into->bytes ? value.size : sizeof into->bytes;
    if (into->size > 0) {
        memcpy(into->bytes, value.data, into->size);
    }
}

static int32_t take_entry(void *context, kcm_bytes key, kcm_bytes value, uint64_t revision)
{
    (void)revision;
    taken *into = context;
    look(key);
    look(value);
    return --into->stop_after <= 0;
}

static int32_t take_namespace(void *context, kcm_bytes name)
{
    taken *into = context;
    look(name);
    return --into->stop_after <= 0;
}

/* ---- Arguments in blocks of their own ---- */

static kcm_bytes make(uint64_t size, uint8_t fill)
{
    uint8_t *data = NULL;
    if (size > 0) {
        data = malloc(size);
        if (data == NULL) {
            abort();
        }
        memset(data, fill, size);
    }
    return (kcm_bytes){data, size};
}

static kcm_bytes make_text(const char *text, unsigned number)
{
    char line[256];
    int size = snprintf(line, sizeof line, "%s-%u", text, number);
    kcm_bytes bytes = make((uint64_t)size, 0);
    memcpy((void *)bytes.data, line, bytes.size);
    return bytes;
}

static void drop(kcm_bytes bytes)
{
    free((void *)bytes.data);
}

static kcm_error *make_error(void)
{
    kcm_error *error = calloc(1, sizeof *error);
    if (error == NULL) {
        abort();
    }
    error->struct_size = sizeof *error;
    return error;
}

static void drop_error(kcm_error *error)
{
    look((kcm_bytes){(const uint8_t *)error->text, strnlen(error->text, sizeof error->text)});
    free(error);
}

/* ---- The store ---- */

static int serialized(int writes)
{
    return plugin->thread_model == KCM_THREADS_SERIALIZED || (writes && plugin->thread_model == KCM_THREADS_ONE_WRITER);
}

#define CALL(writes, expression)                 \
    do {                                         \
        int locked = serialized(writes);         \
        if (locked) pthread_mutex_lock(&gate);   \
        (void)(expression);                      \
        if (locked) pthread_mutex_unlock(&gate); \
    } while (0)

static kcm_bytes name_space(unsigned thread)
{
    char line[128];
    snprintf(line, sizeof line, "kit-%s-mem", token);
    return make_text(line, thread);
}

static void commit(void *store, unsigned thread, uint32_t batch_count, uint32_t write_count, uint32_t operation, uint32_t expectation,
                   uint64_t revision, uint64_t key_size, uint64_t value_size)
{
    kcm_batch *batches = calloc(batch_count > 0 ? batch_count : 1, sizeof *batches);
    for (uint32_t b = 0; b < batch_count; b++) {
        kcm_write *writes = calloc(write_count > 0 ? write_count : 1, sizeof *writes);
        for (uint32_t w = 0; w < write_count; w++) {
            writes[w] = (kcm_write){.operation = operation, .expectation = expectation, .revision = revision};
            writes[w].key = key_size == UINT64_MAX ? make_text("key", b * write_count + w) : make(key_size, (uint8_t)(w + 1));
            writes[w].value = make(value_size, (uint8_t)(b + w));
        }
        batches[b] = (kcm_batch){.name_space = name_space(thread), .writes = writes, .write_count = write_count, .result = KCM_FAILED};
    }
    kcm_error *error = make_error();
    CALL(1, plugin->store->commit(store, batch_count > 0 ? batches : NULL, batch_count, error));
    drop_error(error);
    for (uint32_t b = 0; b < batch_count; b++) {
        for (uint32_t w = 0; w < write_count; w++) {
            drop(batches[b].writes[w].key);
            drop(batches[b].writes[w].value);
        }
        drop(batches[b].name_space);
        free((void *)batches[b].writes);
    }
    free(batches);
}

static void get(void *store, unsigned thread, kcm_bytes key)
{
    taken into = {.size = 0};
    kcm_bytes name = name_space(thread);
    kcm_error *error = make_error();
    CALL(0, plugin->store->get(store, name, key, take_value, &into, error));
    drop_error(error);
    drop(name);
    drop(key);
}

static void scan(void *store, unsigned thread, kcm_bytes prefix, int has_after, kcm_bytes after, uint32_t limit, int stop_after)
{
    taken into = {.stop_after = stop_after};
    kcm_bytes name = name_space(thread);
    kcm_bytes *cursor = NULL;
    if (has_after) {
        cursor = malloc(sizeof *cursor);
        *cursor = after;
    }
    kcm_error *error = make_error();
    CALL(0, plugin->store->scan(store, name, prefix, cursor, limit, take_entry, &into, error));
    drop_error(error);
    free(cursor);
    drop(name);
    drop(prefix);
    drop(after);
}

static void look_around(void *store)
{
    kcm_error *error = make_error();
    kcm_store_statistics *statistics = calloc(1, sizeof *statistics);
    statistics->struct_size = sizeof *statistics;
    CALL(0, plugin->store->statistics(store, statistics, error));
    free(statistics);
    drop_error(error);
    error = make_error();
    CALL(0, plugin->store->health(store, error));
    drop_error(error);
    for (int stop_after = 1; stop_after < 1000; stop_after += 500) {
        taken into = {.stop_after = stop_after};
        error = make_error();
        CALL(0, plugin->store->namespaces(store, take_namespace, &into, error));
        drop_error(error);
    }
    if (plugin->store->get_extension != NULL) {
        (void)plugin->store->get_extension(store, "kit.unknown/1");
        const kcm_store_verify *verify = plugin->store->get_extension(store, KCM_STORE_VERIFY);
        if (verify != NULL) {
            error = make_error();
            CALL(0, verify->verify(store, error));
            drop_error(error);
        }
    }
}

typedef struct worker {
    pthread_t thread;
    void *store;
    unsigned number;
} worker;

static void *work(void *argument)
{
    worker *self = argument;
    void *store = self->store;
    unsigned n = self->number;
    kcm_bytes none = {NULL, 0};
    commit(store, n, 1, KEYS, KCM_PUT, KCM_EXPECT_ABSENT, 0, UINT64_MAX, 300);
    commit(store, n, 4, 4, KCM_PUT, KCM_EXPECT_ANY, 0, UINT64_MAX, 1500);
    commit(store, n, 3, 2, KCM_PUT, KCM_EXPECT_ABSENT, 0, UINT64_MAX, 10);
    commit(store, n, 1, 3, KCM_PUT, KCM_EXPECT_REVISION, 77, UINT64_MAX, 10);
    commit(store, n, 1, 1, KCM_PUT, KCM_EXPECT_ANY, 0, 0, 0);
    commit(store, n, 1, 1, KCM_RESTORE, KCM_EXPECT_ABSENT, 5, 33, 20);
    commit(store, n, 2, 2, 99, KCM_EXPECT_ANY, 0, UINT64_MAX, 10);
    commit(store, n, 2, 2, KCM_PUT, 99, 0, UINT64_MAX, 10);
    commit(store, n, 0, 0, KCM_PUT, 0, 0, 0, 0);
    commit(store, n, 1, 0, KCM_PUT, 0, 0, 0, 0);
    for (unsigned key = 0; key < KEYS + 5; key++) {
        get(store, n, make_text("key", key));
    }
    get(store, n, none);
    get(store, n, make(1, 0xFF));
    scan(store, n, none, 0, none, UINT32_MAX, 1000);
    scan(store, n, none, 0, none, 0, 1000);
    scan(store, n, none, 0, none, 3, 1000);
    scan(store, n, make_text("key", 1), 0, none, 100, 2);
    scan(store, n, make(2, 0xFF), 0, none, 100, 100);
    scan(store, n, none, 1, make_text("key", 20), 100, 100);
    scan(store, n, make_text("key", 2), 1, make(1, 'a'), 100, 100);
    scan(store, n, none, 1, none, 5, 100);
    look_around(store);
    commit(store, n, 2, 10, KCM_REMOVE, KCM_EXPECT_ANY, 0, UINT64_MAX, 0);
    commit(store, n, 1, 1, KCM_REMOVE, KCM_EXPECT_REVISION, 99, UINT64_MAX, 0);
    return NULL;
}

static void over_the_limits(void *store)
{
    kcm_store_limits limits = {.struct_size = sizeof limits};
    plugin->store->limits(store, &limits);
    kcm_bytes none = {NULL, 0};
    if (limits.maximum_key <= 1 << 20) {
        commit(store, 0, 1, 1, KCM_PUT, KCM_EXPECT_ANY, 0, limits.maximum_key, 5);
        commit(store, 0, 1, 1, KCM_PUT, KCM_EXPECT_ANY, 0, limits.maximum_key + 1, 5);
        get(store, 0, make(limits.maximum_key, 1));
        get(store, 0, make(limits.maximum_key + 1, 1));
        scan(store, 0, make(limits.maximum_key, 1), 0, none, 5, 5);
        scan(store, 0, make(limits.maximum_key + 1, 1), 0, none, 5, 5);
        scan(store, 0, none, 1, make(limits.maximum_key, 1), 5, 5);
    }
    if (limits.maximum_value <= 64 << 20) {
        commit(store, 0, 1, 1, KCM_PUT, KCM_EXPECT_ANY, 0, UINT64_MAX, limits.maximum_value);
        get(store, 0, make_text("key", 0));
        commit(store, 0, 1, 1, KCM_PUT, KCM_EXPECT_ANY, 0, UINT64_MAX, limits.maximum_value + 1);
    }
    if (limits.maximum_batch <= 10000) {
        commit(store, 0, 1, limits.maximum_batch + 1, KCM_PUT, KCM_EXPECT_ANY, 0, UINT64_MAX, 4);
    }
}

static void exercise_store(void *store)
{
    worker workers[THREADS];
    for (unsigned n = 0; n < THREADS; n++) {
        workers[n] = (worker){.store = store, .number = n};
        if (pthread_create(&workers[n].thread, NULL, work, &workers[n]) != 0) {
            abort();
        }
    }
    for (unsigned n = 0; n < THREADS; n++) {
        pthread_join(workers[n].thread, NULL);
    }
    over_the_limits(store);
    /* A medium that others use as well is left as it was. */
    for (unsigned n = 0; n < THREADS; n++) {
        commit(store, n, 1, KEYS, KCM_REMOVE, KCM_EXPECT_ANY, 0, UINT64_MAX, 0);
        commit(store, n, 1, 1, KCM_REMOVE, KCM_EXPECT_ANY, 0, 0, 0);
        commit(store, n, 1, 1, KCM_REMOVE, KCM_EXPECT_ANY, 0, 33, 0);
    }
    kcm_store_limits limits = {.struct_size = sizeof limits};
    plugin->store->limits(store, &limits);
    commit(store, 0, 1, 1, KCM_REMOVE, KCM_EXPECT_ANY, 0, limits.maximum_key, 0);
}

/* ---- The root of trust ---- */

static void exercise_root(void *root)
{
    static const uint64_t sizes[] = {0, 15, 16, 24, 32, 64, 65, 4000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        taken blob = {.size = 0}, key = {.size = 0};
        kcm_bytes input = make(sizes[i], (uint8_t)i);
        kcm_error *error = make_error();
        (void)plugin->root->wrap(root, input, take_value, &blob, error);
        drop_error(error);
        drop(input);
        for (uint64_t size = 0; size <= blob.size; size += size < 8 || size + 8 > blob.size ? 1 : 5) {
            input = make(size, 0);
            if (size > 0) {
                memcpy((void *)input.data, blob.bytes, size);
            }
            error = make_error();
            (void)plugin->root->unwrap(root, input, take_value, &key, error);
            drop_error(error);
            drop(input);
        }
    }
    kcm_bytes input = make(3000, 0xFF);
    taken key = {.size = 0};
    kcm_error *error = make_error();
    (void)plugin->root->unwrap(root, input, take_value, &key, error);
    (void)plugin->root->health(root, error);
    drop_error(error);
    drop(input);
    if (plugin->root->get_extension != NULL) {
        (void)plugin->root->get_extension(root, "kit.unknown/1");
    }
}

/* ---- Opening ---- */

typedef int32_t (*open_function)(const kcm_host *, const kcm_setting *, uint32_t, void **, kcm_error *);

/* Opens with settings in blocks of their own. Returns the instance or NULL. */
static void *open_with(open_function function, uint32_t count, const char *extra)
{
    uint32_t total = count + (extra != NULL);
    kcm_setting *list = calloc(total > 0 ? total : 1, sizeof *list);
    for (uint32_t i = 0; i < total; i++) {
        list[i].key = strdup(i < count ? settings[i].key : extra);
        list[i].value = strdup(i < count ? settings[i].value : "1");
    }
    void *instance = NULL;
    kcm_error *error = make_error();
    int32_t code = function(&host, total > 0 ? list : NULL, total, &instance, error);
    if (code != KCM_OK) {
        instance = NULL;
        memcpy(reason, error->text, sizeof reason - 1);
    }
    drop_error(error);
    for (uint32_t i = 0; i < total; i++) {
        free((void *)list[i].key);
        free((void *)list[i].value);
    }
    free(list);
    return instance;
}

static int exercise(open_function open, void (*close)(void *), void (*body)(void *))
{
    void *instance;
    for (uint32_t count = 0; count < setting_count; count++) {
        if ((instance = open_with(open, count, NULL)) != NULL) {
            close(instance);
        }
    }
    if ((instance = open_with(open, setting_count, "kit-unknown")) != NULL) {
        close(instance);
    }
    for (int round = 0; round < 2; round++) {
        if ((instance = open_with(open, setting_count, NULL)) == NULL) {
            fprintf(channel, "%s\n", reason);
            fflush(channel);
            return 3;
        }
        if (round == 0) {
            void *second = open_with(open, setting_count, NULL);
            if (second != NULL) {
                close(second);
            }
        }
        body(instance);
        close(instance);
        step(40 * (round + 1));
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "usage: kcm-plugin-exercise LIBRARY TOKEN store|root [key=value ...]\n");
        return 2;
    }
    channel = fdopen(3, "w");
    if (channel == NULL) {
        channel = stdout;
    }
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    const kcm_plugin_descriptor *(*entry)(void) = NULL;
    if (library != NULL) {
        *(void **)&entry = dlsym(library, "kcm_plugin_entry");
    }
    if (entry == NULL || (plugin = entry()) == NULL) {
        fprintf(channel, "the library does not load\n");
        return 3;
    }
    token = arguments[2];
    settings = calloc((size_t)count, sizeof *settings);
    for (int i = 4; i < count; i++) {
        char *equals = strchr(arguments[i], '=');
        if (equals == NULL) {
            return 2;
        }
        *equals = '\0';
        settings[setting_count++] = (kcm_setting){arguments[i], equals + 1};
    }
    int result = strcmp(arguments[3], "root") == 0 ? exercise(plugin->root->open, plugin->root->close, exercise_root)
                                                   : exercise(plugin->store->open, plugin->store->close, exercise_store);
    free(settings);
    fflush(channel);
    /* The library stays loaded: the report names its functions. */
    return result;
}
