/*
 * Preloaded into a daemon: tells of every sync, and lets those of some files hang.
 *   SYNC_LOG    a file that gets a line for each sync: the path of what was synchronised
 *   SYNC_TIME   milliseconds that each takes longer
 *   SYNC_HANG   while a file of this name is there, a sync of a path that holds its text does not return
 */
#define _GNU_SOURCE
#include <fcntl.h>
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

static void tell(int descriptor)
{
    char link[64], path[4096], word[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count <= 0) {
        return;
    }
    path[count] = 0;
    while (text_of(getenv("SYNC_HANG"), word, sizeof word) > 0 && strstr(path, word) != NULL) {
        usleep(10000);
    }
    if (getenv("SYNC_TIME") != NULL) {
        usleep((useconds_t)atoi(getenv("SYNC_TIME")) * 1000);
    }
    int log = getenv("SYNC_LOG") == NULL ? -1 : open(getenv("SYNC_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log >= 0) {
        path[count] = '\n';
        if (write(log, path, (size_t)count + 1) < 0) {
            /* The test then sees too few. */
        }
        close(log);
    }
}

int fsync(int descriptor)
{
    tell(descriptor);
    return (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
    tell(descriptor);
    return (int)syscall(SYS_fdatasync, descriptor);
}
