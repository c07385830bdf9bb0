#include "pin.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t pin_read(pin *self, const char *path, kcm_error *error)
{
    memset(self, 0, sizeof *self);
    /* NONBLOCK: a pipe in its place is refused below and does not hold up the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        (void)common_fail_errno(error, errno, "cannot read the PIN file", path);
        return KCM_INVALID;
    }
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || (status.st_mode & 077) != 0) {
        close(fd);
        snprintf(error->text, sizeof error->text, "the PIN file %.300s is not a regular file of mode 0600", path);
        return KCM_INVALID;
    }
    self->seconds = status.st_mtim.tv_sec;
    self->nanoseconds = status.st_mtim.tv_nsec;
    self->node = status.st_ino;
    ssize_t got = read(fd, self->text, sizeof self->text - 1);
    close(fd);
    self->text[got > 0 ? got : 0] = '\0';
    self->size = strcspn(self->text, "\r\n");
    if (self->size == 0 || self->size > MAXIMUM_PIN) {
        pin_wipe(self);
        snprintf(error->text, sizeof error->text, "the PIN file %.300s does not start with a line of 1 to %d bytes", path, MAXIMUM_PIN);
        return KCM_INVALID;
    }
    return KCM_OK;
}

void pin_wipe(pin *self)
{
    OPENSSL_cleanse(self->text, sizeof self->text);
    self->size = 0;
}
