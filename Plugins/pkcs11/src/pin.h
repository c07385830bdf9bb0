/* The user PIN, read from its file for one login and wiped. */
#ifndef KCM_PKCS11_PIN_H
#define KCM_PKCS11_PIN_H

#include <kcm/kcm_plugin.h>

#define MAXIMUM_PIN 255

typedef struct pin {
    char text[MAXIMUM_PIN + 2];
    size_t size;
    /* What tells one state of the file from another. */
    int64_t seconds, nanoseconds;
    uint64_t node;
} pin;

/* The file's first line. Files that others may touch are refused. */
int32_t pin_read(pin *self, const char *path, kcm_error *error);
void pin_wipe(pin *self);

#endif
