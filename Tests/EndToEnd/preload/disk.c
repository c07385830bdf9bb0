/*
 * Preloaded into a daemon: tells of every sync, and lets those of some files hang or fail.
 *   SYNC_LOG    a file that gets a line as each sync begins: the path of what is synchronised
 *   SYNC_TIME   milliseconds that each takes longer
 *   SYNC_HANG   while a file of this name is there, a sync of a path that holds its text does not return
 *   SYNC_FAIL   while a file of this name is there, a sync of a path that holds its text fails with EIO
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t text_of(const char *path, char *text, size_t size)
{
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? 0 : read(file, text, size - 1);
    if (file >= 0) {
        close(file);
    }
    text[count > 0 ? count : 0] = 0;
    return strlen(text);
}

static bool named(const char *variable, const char *path)
{
    char word[256];
    return text_of(getenv(variable), word, sizeof word) > 0 && strstr(path, word) != NULL;
}

/* False: this sync fails. */
static bool tell(int descriptor)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count <= 0) {
        return true;
    }
    path[count] = 0;
    int log = getenv("SYNC_LOG") == NULL ? -1 : open(getenv("SYNC_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log >= 0) {
        path[count] = '\n';
        if (write(log, path, (size_t)count + 1) < 0) {
            /* The test then sees too few. */
        }
        path[count] = 0;
        close(log);
    }
    while (named("SYNC_HANG", path)) {
        usleep(10000);
    }
    if (named("SYNC_FAIL", path)) {
        errno = EIO;
        return false;
    }
    if (getenv("SYNC_TIME") != NULL) {
        usleep((useconds_t)atoi(getenv("SYNC_TIME")) * 1000);
    }
    return true;
}

int fsync(int descriptor)
{
    return tell(descriptor) ? (int)syscall(SYS_fsync, descriptor) : -1;
}

int fdatasync(int descriptor)
{
    return tell(descriptor) ? (int)syscall(SYS_fdatasync, descriptor) : -1;
}
