#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int32_t lock_take(const char *path, int is_default, int *descriptor, kcm_error *error)
{
    *descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*descriptor < 0 && is_default) {
        return KCM_OK;
    }
    if (*descriptor < 0) {
        snprintf(error->text, sizeof error->text, "cannot make the lock file %.300s: %.100s", path, strerror(errno));
        return KCM_INVALID;
    }
    if (flock(*descriptor, LOCK_EX | LOCK_NB) != 0) {
        close(*descriptor);
        *descriptor = -1;
        snprintf(error->text, sizeof error->text, "the store on the token is in use by another process, which holds %.300s", path);
        return KCM_UNAVAILABLE;
    }
    return KCM_OK;
}

void lock_release(int descriptor)
{
    if (descriptor >= 0) {
        /* Unlocked by name: a child that was forked a moment ago and has not called exec yet would keep the lock alive. */
        flock(descriptor, LOCK_UN);
        close(descriptor);
    }
}
