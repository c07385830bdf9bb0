/* Folders, the lock against a second process, and the test for room. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What health asks to be free: more than a group of a few records needs. */
#define ROOM (64 * 1024)
#define PROBE ".room"

int32_t common_open_folder(const char *path, int *folder, kcm_error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        int32_t code = common_fail_errno(error, errno, "cannot make the folder", path);
        return code == KCM_FULL ? code : KCM_INVALID;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        common_fail_errno(error, errno, "cannot open the folder", path);
        return KCM_INVALID;
    }
    struct stat status;
    if (fstat(fd, &status) != 0 || (status.st_mode & 022) != 0) {
        close(fd);
        return common_fail(error, KCM_INVALID, "the folder %.300s may be written to by others than its owner (chmod 700)", path);
    }
    *folder = fd;
    return KCM_OK;
}

int32_t common_take_lock(int folder, const char *name, const char *what, int *lock, kcm_error *error)
{
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        int32_t code = common_fail_errno(error, errno, "cannot make the lock file of", what);
        return code == KCM_FULL ? code : KCM_INVALID;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int number = errno;
        close(fd);
        if (number == EWOULDBLOCK) {
            return common_fail(error, KCM_UNAVAILABLE, "%.300s is in use by another process", what);
        }
        return common_fail_errno(error, number, "cannot lock", what);
    }
    *lock = fd;
    return KCM_OK;
}

void common_drop_lock(int lock)
{
    if (lock >= 0) {
        /* Unlocked by name: a child that was forked a moment ago and has not called exec yet would keep the lock alive. */
        flock(lock, LOCK_UN);
        close(lock);
    }
}

int32_t common_check_room(int folder, const char *path, kcm_error *error)
{
    int fd = openat(folder, PROBE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return common_fail_errno(error, errno, "cannot write to", path);
    }
    int number = posix_fallocate(fd, 0, ROOM);
    close(fd);
    (void)unlinkat(folder, PROBE, 0);
    return number == 0 ? KCM_OK : common_fail_errno(error, number, "no room in", path);
}
