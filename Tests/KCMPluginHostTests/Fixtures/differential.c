/*
 * Does the same random things to a store and to the memory store, and compares everything that both say.
 *   differential PLUGIN.so MEMORY.so SEED ROUNDS [SETTING=VALUE ...]
 * Keys come from few bytes and in sizes up to the limit, with long common beginnings, so that order and long keys are put to the test.
 */
#include <dlfcn.h>
#include <kcm/kcm_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAIL(...) (fprintf(stderr, "differential: "), fprintf(stderr, __VA_ARGS__), fprintf(stderr, "\n"), exit(1))

typedef struct side {
    const kcm_store_functions *call;
    void *store;
} side;

typedef struct log {
    uint8_t *bytes;
    size_t size, room;
    uint32_t entries;
    uint32_t stop_after;
} log;

static uint64_t state;

static uint32_t pick(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % below);
}

static void append(log *to, const void *bytes, uint64_t size)
{
    if (to->size + size + 8 > to->room) {
        to->room = (to->size + size + 8) * 2;
        to->bytes = realloc(to->bytes, to->room);
    }
    memcpy(to->bytes + to->size, &size, 8);
    if (size > 0) {
        memcpy(to->bytes + to->size + 8, bytes, size);
    }
    to->size += size + 8;
}

static void value_sink(void *context, kcm_bytes value, uint64_t revision)
{
    append(context, value.data, value.size);
    append(context, &revision, 8);
}

static int32_t entry_sink(void *context, kcm_bytes key, kcm_bytes value, uint64_t revision)
{
    log *to = context;
    append(to, key.data, key.size);
    value_sink(to, value, revision);
    return ++to->entries == to->stop_after;
}

static int32_t name_sink(void *context, kcm_bytes name)
{
    append(context, name.data, name.size);
    return 0;
}

static const kcm_store_functions *load(const char *file)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        FAIL("%s", dlerror());
    }
    const kcm_plugin_descriptor *(*entry)(void) = (const kcm_plugin_descriptor *(*)(void))dlsym(library, "kcm_plugin_entry");
    return entry()->store;
}

static void open_side(side *one, const kcm_setting *settings, uint32_t count)
{
    kcm_error error = {.struct_size = sizeof error};
    if (one->call->open(NULL, settings, count, &one->store, &error) != KCM_OK) {
        FAIL("open: %s", error.text);
    }
}

static void verify(side *one)
{
    kcm_error error = {.struct_size = sizeof error};
    const kcm_store_verify *extension = one->call->get_extension == NULL ? NULL : one->call->get_extension(one->store, KCM_STORE_VERIFY);
    if (extension == NULL || extension->verify(one->store, &error) != KCM_OK) {
        FAIL("verify: %s", error.text);
    }
    if (one->call->health(one->store, &error) != KCM_OK) {
        FAIL("health: %s", error.text);
    }
}

static kcm_bytes name_space(void)
{
    static uint8_t long_name[128];
    memset(long_name, 'n', sizeof long_name);
    switch (pick(5)) {
    case 0: return (kcm_bytes){long_name, sizeof long_name};
    case 1: return (kcm_bytes){(const uint8_t *)"a\0b", 3};
    case 2: return (kcm_bytes){(const uint8_t *)"a", 1};
    case 3: return (kcm_bytes){(const uint8_t *)"a\0", 2};
    default: return (kcm_bytes){(const uint8_t *)"acme", 4};
    }
}

/* Into a block of 1,024 bytes of its own. */
static kcm_bytes key(uint8_t *bytes)
{
    static const uint32_t sizes[] = {0, 1, 2, 3, 5, 240, 252, 253, 254, 380, 502, 503, 504, 505, 511, 755, 1000, 1023, 1024};
    uint32_t size = sizes[pick(sizeof sizes / sizeof *sizes)];
    memset(bytes, pick(4) == 0 ? 0 : 7, 1024);
    for (uint32_t i = 0; i < 2 && size > 0; i++) {
        bytes[pick(2) == 0 ? size - 1 : pick(size)] = (uint8_t[]){0, 1, 7, 8, 255}[pick(5)];
    }
    return (kcm_bytes){bytes, size};
}

static void same(const log *a, const log *b, int32_t code_a, int32_t code_b, const char *what)
{
    if (code_a != code_b) {
        FAIL("%s: code %d, and %d from memory", what, code_a, code_b);
    }
    if (a->size != b->size || (a->size > 0 && memcmp(a->bytes, b->bytes, a->size) != 0)) {
        FAIL("%s gives something else than memory does", what);
    }
}

static void commit(side *sides)
{
    static uint8_t keys[64][1024];
    static uint8_t value[200000];
    kcm_write writes[64];
    kcm_batch batches[2][8];
    kcm_error error = {.struct_size = sizeof error};
    uint32_t used = 0, count = 1 + pick(8);
    for (uint32_t b = 0; b < count; b++) {
        uint32_t first = used, size = pick(6);
        batches[0][b] = (kcm_batch){.name_space = name_space(), .writes = &writes[first], .result = KCM_FAILED};
        for (uint32_t w = 0; w < size; w++) {
            kcm_write *write = &writes[used];
            write->key = key(keys[used]);
            int twice = 0;
            for (uint32_t other = first; other < used; other++) {
                twice |= writes[other].key.size == write->key.size && memcmp(writes[other].key.data, write->key.data, write->key.size) == 0;
            }
            if (twice) {
                continue;
            }
            write->operation = (uint32_t[]){KCM_PUT, KCM_PUT, KCM_PUT, KCM_REMOVE, KCM_REMOVE, KCM_RESTORE}[pick(6)];
            write->expectation = write->operation == KCM_RESTORE ? KCM_EXPECT_ABSENT : (uint32_t[]){0, 0, 0, 0, KCM_EXPECT_ABSENT, KCM_EXPECT_REVISION}[pick(6)];
            write->revision = 1 + pick(4);
            if (pick(100) == 0) {
                write->operation = 1 + pick(5);
                write->expectation = pick(5);
            }
            write->value = (kcm_bytes){value, pick(10) == 0 ? pick(sizeof value) : pick(1500)};
            memset(value + pick(sizeof value - 9), (int)pick(256), 9);
            used++;
        }
        batches[0][b].write_count = used - first;
        batches[1][b] = batches[0][b];
    }
    int32_t codes[2];
    for (int s = 0; s < 2; s++) {
        codes[s] = sides[s].call->commit(sides[s].store, batches[s], count, &error);
        if (codes[s] != KCM_OK) {
            FAIL("commit: %d %s", codes[s], error.text);
        }
    }
    for (uint32_t b = 0; b < count; b++) {
        if (batches[0][b].result != batches[1][b].result) {
            FAIL("batch: code %d, and %d from memory", batches[0][b].result, batches[1][b].result);
        }
    }
}

static void read_both(side *sides, log *logs)
{
    uint8_t bytes[1024], behind[1024];
    kcm_bytes space = name_space(), name = key(bytes), after = key(behind);
    uint32_t limit = 1 + pick(20), stop = pick(4) == 0 ? 1 + pick(5) : 0, what = pick(8);
    if (name.size > 3 && pick(2) == 0) {
        name.size = pick((uint32_t)name.size);
    }
    int32_t codes[2];
    kcm_store_statistics statistics[2] = {{.struct_size = sizeof *statistics}, {.struct_size = sizeof *statistics}};
    for (int s = 0; s < 2; s++) {
        kcm_error error = {.struct_size = sizeof error};
        const kcm_store_functions *call = sides[s].call;
        logs[s].size = logs[s].entries = 0;
        logs[s].stop_after = stop;
        if (what == 0) {
            codes[s] = call->namespaces(sides[s].store, name_sink, &logs[s], &error);
            codes[s] |= call->statistics(sides[s].store, &statistics[s], &error);
        } else if (what < 4) {
            codes[s] = call->get(sides[s].store, space, name, value_sink, &logs[s], &error);
        } else {
            codes[s] = call->scan(sides[s].store, space, what == 4 ? (kcm_bytes){NULL, 0} : name, what < 6 ? NULL : &after, limit, entry_sink, &logs[s], &error);
        }
    }
    same(&logs[0], &logs[1], codes[0], codes[1], what == 0 ? "namespaces" : what < 4 ? "get" : "scan");
    if (statistics[0].namespaces != statistics[1].namespaces || statistics[0].entries != statistics[1].entries) {
        FAIL("statistics: %llu entries of %llu namespaces, and %llu of %llu from memory", (unsigned long long)statistics[0].entries,
             (unsigned long long)statistics[0].namespaces, (unsigned long long)statistics[1].entries, (unsigned long long)statistics[1].namespaces);
    }
}

int main(int count, char **arguments)
{
    if (count < 5) {
        FAIL("arguments: PLUGIN.so MEMORY.so SEED ROUNDS [SETTING=VALUE ...]");
    }
    side sides[2] = {{.call = load(arguments[1])}, {.call = load(arguments[2])}};
    state = strtoull(arguments[3], NULL, 10);
    int rounds = atoi(arguments[4]);
    kcm_setting settings[8];
    uint32_t setting_count = 0;
    for (int i = 5; i < count && setting_count < 8; i++) {
        char *equals = strchr(arguments[i], '=');
        *equals = '\0';
        settings[setting_count++] = (kcm_setting){arguments[i], equals + 1};
    }
    open_side(&sides[0], settings, setting_count);
    open_side(&sides[1], NULL, 0);
    log logs[2] = {{0}, {0}};
    for (int round = 0; round < rounds; round++) {
        commit(sides);
        for (int i = 0; i < 5; i++) {
            read_both(sides, logs);
        }
        if (pick(200) == 0) {
            verify(&sides[0]);
            sides[0].call->close(sides[0].store);
            open_side(&sides[0], settings, setting_count);
            verify(&sides[0]);
        }
    }
    verify(&sides[0]);
    sides[0].call->close(sides[0].store);
    sides[1].call->close(sides[1].store);
    free(logs[0].bytes);
    free(logs[1].bytes);
    printf("same\n");
    return 0;
}
