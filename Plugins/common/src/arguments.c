/* Errors, settings, and what a write may ask for. */
#include "common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int32_t common_fail(kcm_error *error, int32_t code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return code;
}

int32_t common_fail_errno(kcm_error *error, int number, const char *what, const char *path)
{
    char reason[128];
    /* strerror is not safe beside other threads of the daemon; _GNU_SOURCE has this form of strerror_r. */
    const char *text = strerror_r(number, reason, sizeof reason);
    return common_fail(error, number == ENOSPC || number == EDQUOT ? KCM_FULL : KCM_FAILED, "%s %.300s: %.100s", what, path, text);
}

int32_t common_settings(const kcm_setting *settings, uint32_t count, const common_setting *known, size_t known_count, kcm_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < known_count && strcmp(settings[i].key, known[k].key) != 0) {
            k++;
        }
        if (k < known_count) {
            *known[k].value = settings[i].value;
            continue;
        }
        char names[200] = "";
        size_t used = 0;
        for (k = 0; k < known_count && used < sizeof names; k++) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s'%s'", k == 0 ? "" : ", ", known[k].key);
        }
        if (known_count == 0) {
            return common_fail(error, KCM_INVALID, "setting '%.100s' is not known; there is none", settings[i].key);
        }
        return common_fail(error, KCM_INVALID, "setting '%.100s' is not known; there is %s", settings[i].key, names);
    }
    return KCM_OK;
}

int common_size(const char *text, uint64_t *size)
{
    static const struct {
        const char *name;
        int shift;
    } units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
    if (*text < '0' || *text > '9') {
        return 0;
    }
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].name) == 0 && number <= (UINT64_MAX >> units[i].shift)) {
            *size = (uint64_t)number << units[i].shift;
            return 1;
        }
    }
    return 0;
}

int32_t common_check_write(const kcm_write *write, uint64_t maximum_key, uint64_t maximum_value)
{
    if (write->expectation > KCM_EXPECT_REVISION) {
        return KCM_INVALID;
    }
    switch (write->operation) {
    case KCM_PUT:
    case KCM_REMOVE: break;
    case KCM_RESTORE:
        if (write->expectation != KCM_EXPECT_ABSENT || write->revision == 0 || write->revision > INT64_MAX) {
            return KCM_INVALID;
        }
        break;
    default: return KCM_INVALID;
    }
    if (write->key.size > maximum_key || (write->operation != KCM_REMOVE && write->value.size > maximum_value)) {
        return KCM_TOO_LARGE;
    }
    return KCM_OK;
}
