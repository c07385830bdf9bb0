/*
 * Commits records to a store, one group after the other, and ends without closing it, as a crash does.
 *   abandon PLUGIN.so GROUPS SETTING=VALUE ...
 * Group n puts key "n" with the value "n" into acme, and "last" with the value "n"; even ones remove key "n" - 1 as well.
 */
#include <dlfcn.h>
#include <kcm/kcm_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static kcm_bytes text(const char *of)
{
    return (kcm_bytes){(const uint8_t *)of, strlen(of)};
}

int main(int count, char **arguments)
{
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    const kcm_plugin_descriptor *(*entry)(void) = (const kcm_plugin_descriptor *(*)(void))dlsym(library, "kcm_plugin_entry");
    const kcm_store_functions *call = entry()->store;
    kcm_setting settings[8];
    uint32_t setting_count = 0;
    for (int i = 3; i < count && setting_count < 8; i++) {
        char *equals = strchr(arguments[i], '=');
        *equals = '\0';
        settings[setting_count++] = (kcm_setting){arguments[i], equals + 1};
    }
    void *store;
    kcm_error error = {.struct_size = sizeof error};
    int32_t code = call->open(NULL, settings, setting_count, &store, &error);
    for (int group = 1; group <= atoi(arguments[2]) && code == KCM_OK; group++) {
        char name[16], before[16];
        snprintf(name, sizeof name, "%d", group);
        snprintf(before, sizeof before, "%d", group - 1);
        kcm_write writes[] = {
            {.operation = KCM_PUT, .key = text(name), .value = text(name)},
            {.operation = KCM_PUT, .key = text("last"), .value = text(name)},
            {.operation = KCM_REMOVE, .key = text(before)},
        };
        kcm_batch batch = {.name_space = text("acme"), .writes = writes, .write_count = group % 2 == 0 ? 3 : 2, .result = KCM_FAILED};
        code = call->commit(store, &batch, 1, &error);
        if (code == KCM_OK) {
            code = batch.result;
        }
    }
    if (code != KCM_OK) {
        fprintf(stderr, "%d %s\n", code, error.text);
        return 1;
    }
    _exit(0);
}
