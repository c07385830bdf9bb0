// Shows the thread sanitizer the half of Swift's Mutex that it cannot see.
//
// The inline part of Synchronization.Mutex, one compare-and-exchange, is compiled into the caller and is seen. Where threads contend, the lock
// goes through three functions of libswiftSynchronization, which is not built with the sanitizer, and the kernel hands it over (FUTEX_LOCK_PI):
// nothing that the sanitizer watches orders the two holders, and every variable inside a contended Mutex is reported as a race.
//
// This library, loaded first (LD_PRELOAD), stands before the three functions, calls them, and tells the sanitizer what they did. It names the
// address of the lock word, the same that the inline part uses, so that one way to take the lock is ordered with the other. In processes
// without the sanitizer __tsan_acquire is not there and nothing is told.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"

// Swift passes self, here the address of the lock word, in a register of its own.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

static SWIFT void (*next_lock)(uint32_t thread, SELF);
static SWIFT void (*next_unlock)(SELF);
static SWIFT bool (*next_try_lock)(SELF);

// Before any thread runs: dlsym in a contended path would wait for a thread that loads a plugin, which may wait for the lock.
__attribute__((constructor)) static void find_next(void) {
    *(void **)&next_lock = dlsym(RTLD_NEXT, LOCK);
    *(void **)&next_unlock = dlsym(RTLD_NEXT, UNLOCK);
    *(void **)&next_try_lock = dlsym(RTLD_NEXT, TRY_LOCK);
}

SWIFT void kcm_lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void kcm_unlock(SELF) __asm__(UNLOCK);
SWIFT bool kcm_try_lock(SELF) __asm__(TRY_LOCK);

SWIFT void kcm_lock(uint32_t thread, SELF) {
    next_lock(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void kcm_unlock(SELF) {
    if (__tsan_release) __tsan_release(self);
    next_unlock(self);
}

SWIFT bool kcm_try_lock(SELF) {
    bool taken = next_try_lock(self);
    if (taken && __tsan_acquire) __tsan_acquire(self);
    return taken;
}
