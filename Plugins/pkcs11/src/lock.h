/* Keeps a second daemon on this machine off a store. */
#ifndef KCM_PKCS11_LOCK_H
#define KCM_PKCS11_LOCK_H

#include <kcm/kcm_plugin.h>

/* Takes the lock file, and makes it. *descriptor is -1 where the folder of a default path does not allow one. Fails: KCM_UNAVAILABLE
 * where another process has it, KCM_INVALID. */
int32_t lock_take(const char *path, int is_default, int *descriptor, kcm_error *error);
void lock_release(int descriptor);

#endif
