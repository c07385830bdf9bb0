/*
 * A process of its own around a plugin: what cannot be tried in the tests' process, since it is killed, loses its token, or runs under
 * valgrind. `driver PLUGIN KEY=VALUE…` reads one command a line and answers each with one line (dump: several):
 *   store | root | close          opens with the settings of the command line; closes
 *   batch NS KEY=VALUE -KEY …     commits one batch
 *   dump NS                       every entry as KEY=VALUE@REVISION
 *   wrap HEX | unwrap HEX | health | verify | shell COMMAND
 */
#include <kcm/kcm_plugin.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const kcm_plugin_descriptor *plugin;
static void *store, *root;
static kcm_error error;

static void to_log(void *context, uint32_t level, const char *text)
{
    (void)context;
    fprintf(stderr, "log %u %s\n", level, text);
}

static int64_t now(void *context)
{
    (void)context;
    return (int64_t)time(NULL) * 1000000000;
}

static const void *no_extension(void *context, const char *id)
{
    (void)context, (void)id;
    return NULL;
}

static const kcm_host host = {.struct_size = sizeof host, .abi_major = KCM_ABI_MAJOR, .log = to_log, .clock = now, .get_extension = no_extension};

static void answer(int32_t code)
{
    printf("%d %s\n", code, code == KCM_OK ? "" : error.text);
    fflush(stdout);
}

static void print_hex(void *context, kcm_bytes value, uint64_t revision)
{
    (void)context;
    printf("%llu:", (unsigned long long)revision);
    for (uint64_t i = 0; i < value.size; i++) {
        printf("%02x", value.data[i]);
    }
    printf(" ");
}

static int32_t print_entry(void *context, kcm_bytes key, kcm_bytes value, uint64_t revision)
{
    (void)context;
    printf("%.*s=%.*s@%llu\n", (int)key.size, (const char *)key.data, (int)value.size, (const char *)value.data, (unsigned long long)revision);
    return 0;
}

static kcm_bytes text_bytes(const char *text)
{
    return (kcm_bytes){(const uint8_t *)text, text != NULL ? strlen(text) : 0};
}

static int32_t batch(char *line)
{
    char *rest = line, *word;
    kcm_write writes[256];
    kcm_batch one = {.name_space = text_bytes(strtok_r(rest, " ", &rest)), .writes = writes};
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        char *value = strchr(word, '=');
        kcm_write *write = &writes[one.write_count++];
        *write = (kcm_write){.operation = value != NULL ? KCM_PUT : KCM_REMOVE};
        if (value != NULL) {
            *value = '\0';
            write->value = text_bytes(value + 1);
        }
        write->key = text_bytes(value != NULL ? word : word + 1);
    }
    int32_t code = plugin->store->commit(store, &one, 1, &error);
    return code != KCM_OK ? code : one.result;
}

static int32_t root_call(int wraps, const char *hex)
{
    uint8_t bytes[1024];
    kcm_bytes in = {bytes, strlen(hex) / 2};
    for (uint64_t i = 0; i < in.size; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * i, "%2x", &byte);
        bytes[i] = (uint8_t)byte;
    }
    return wraps ? plugin->root->wrap(root, in, print_hex, NULL, &error) : plugin->root->unwrap(root, in, print_hex, NULL, &error);
}

static int32_t obey(char *line, const kcm_setting *settings, uint32_t count)
{
    char *argument = strchr(line, ' ');
    if (argument != NULL) {
        *argument++ = '\0';
    }
    if (strcmp(line, "store") == 0) {
        return plugin->store->open(&host, settings, count, &store, &error);
    }
    if (strcmp(line, "root") == 0) {
        return plugin->root->open(&host, settings, count, &root, &error);
    }
    if (strcmp(line, "close") == 0) {
        if (store != NULL) {
            plugin->store->close(store);
        }
        if (root != NULL) {
            plugin->root->close(root);
        }
        store = root = NULL;
        return KCM_OK;
    }
    if (strcmp(line, "batch") == 0) {
        return batch(argument);
    }
    if (strcmp(line, "dump") == 0) {
        return plugin->store->scan(store, text_bytes(argument), text_bytes(""), NULL, 100000, print_entry, NULL, &error);
    }
    if (strcmp(line, "wrap") == 0 || strcmp(line, "unwrap") == 0) {
        return root_call(line[0] == 'w', argument);
    }
    if (strcmp(line, "health") == 0) {
        return store != NULL ? plugin->store->health(store, &error) : plugin->root->health(root, &error);
    }
    if (strcmp(line, "verify") == 0) {
        const kcm_store_verify *extension = plugin->store->get_extension(store, KCM_STORE_VERIFY);
        return extension->verify(store, &error);
    }
    if (strcmp(line, "shell") == 0) {
        return system(argument) == 0 ? KCM_OK : KCM_FAILED;
    }
    return KCM_UNSUPPORTED;
}

int main(int count, char **arguments)
{
    kcm_setting settings[32];
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    const kcm_plugin_descriptor *(*entry)(void);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    *(void **)&entry = dlsym(library, "kcm_plugin_entry");
    plugin = entry();
    for (int i = 2; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        *value = '\0';
        settings[i - 2] = (kcm_setting){arguments[i], value + 1};
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        memset(&error, 0, sizeof error);
        error.struct_size = sizeof error;
        answer(obey(line, settings, (uint32_t)(count - 2)));
    }
    free(line);
    return 0;
}
