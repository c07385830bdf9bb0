/*
 * Drives a store by hand, for what a test cannot do through the host.
 *   drive PLUGIN.so abandon GROUPS SETTING=VALUE ...   commits groups and ends without closing, as a crash does
 *   drive PLUGIN.so verify|health 0 SETTING=VALUE ...  prints the code and the text of the extension, or of health
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

static int32_t commit(const kcm_store_functions *call, void *store, int group, kcm_error *error)
{
    char name[16], before[16];
    snprintf(name, sizeof name, "%d", group);
    snprintf(before, sizeof before, "%d", group - 1);
    kcm_write writes[] = {
        {.operation = KCM_PUT, .key = text(name), .value = text(name)},
        {.operation = KCM_PUT, .key = text("last"), .value = text(name)},
        {.operation = KCM_REMOVE, .key = text(before)},
    };
    kcm_batch batch = {.name_space = text("acme"), .writes = writes, .write_count = group % 2 == 0 ? 3 : 2, .result = KCM_FAILED};
    int32_t code = call->commit(store, &batch, 1, error);
    return code == KCM_OK ? batch.result : code;
}

int main(int count, char **arguments)
{
    void *library = count > 3 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    const kcm_plugin_descriptor *(*entry)(void) = (const kcm_plugin_descriptor *(*)(void))dlsym(library, "kcm_plugin_entry");
    const kcm_store_functions *call = entry()->store;
    kcm_setting settings[8];
    uint32_t setting_count = 0;
    for (int i = 4; i < count && setting_count < 8; i++) {
        char *equals = strchr(arguments[i], '=');
        *equals = '\0';
        settings[setting_count++] = (kcm_setting){arguments[i], equals + 1};
    }
    void *store;
    kcm_error error = {.struct_size = sizeof error};
    int32_t code = call->open(NULL, settings, setting_count, &store, &error);
    if (code != KCM_OK) {
        printf("open %d %s\n", code, error.text);
        return 0;
    }
    if (strcmp(arguments[2], "abandon") == 0) {
        for (int group = 1; group <= atoi(arguments[3]) && code == KCM_OK; group++) {
            code = commit(call, store, group, &error);
        }
        printf("%d %s\n", code, error.text);
        fflush(stdout);
        _exit(0);
    }
    if (strcmp(arguments[2], "verify") == 0) {
        const kcm_store_verify *extension = call->get_extension(store, KCM_STORE_VERIFY);
        code = extension->verify(store, &error);
    } else {
        code = call->health(store, &error);
    }
    printf("%d %s\n", code, error.text);
    call->close(store);
    return 0;
}
