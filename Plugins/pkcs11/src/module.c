#include "module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RESTART_MILLISECONDS 1000

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static module *registry;

int64_t module_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *module_reason(CK_RV code, char buffer[32])
{
    static const struct {
        CK_RV code;
        const char *name;
    } names[] = {
        {CKR_HOST_MEMORY, "CKR_HOST_MEMORY"},
        {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR"},
        {CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED"},
        {CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED"},
        {CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID"},
        {CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID"},
        {CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID"},
        {CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT"},
        {CKR_TEMPLATE_INCOMPLETE, "CKR_TEMPLATE_INCOMPLETE"},
        {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"},
        {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY"},
        {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"},
        {CKR_ENCRYPTED_DATA_INVALID, "CKR_ENCRYPTED_DATA_INVALID"},
        {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID"},
        {CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED"},
        {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID"},
        {CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID"},
        {CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID"},
        {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT"},
        {CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED"},
        {CKR_PIN_LOCKED, "CKR_PIN_LOCKED"},
        {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE"},
        {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED"},
        {CKR_SESSION_COUNT, "CKR_SESSION_COUNT"},
        {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"},
        {CKR_SESSION_READ_ONLY, "CKR_SESSION_READ_ONLY"},
        {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"},
        {CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED"},
        {CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED"},
        {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"},
        {CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED"},
        {CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN"},
        {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    snprintf(buffer, 32, "CKR 0x%lx", (unsigned long)code);
    return buffer;
}

static CK_RV initialise(module *self)
{
    /* libp11 initialises without a word on threads, which lets a module do without locks. Done here first, libp11 takes
     * CKR_CRYPTOKI_ALREADY_INITIALIZED for good. */
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
    CK_RV code = self->functions->C_Initialize(&arguments);
    return code == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : code;
}

/* libp11 ends the sessions of a slot that it lets go of, and 0.4.12 cannot bring a list up to date (it reads beyond the first slot): so
 * the list is made anew with each initialisation, and only then. */
static int list_slots(module *self)
{
    int result = PKCS11_enumerate_slots(self->context, &self->slots, &self->slot_count);
    if (result != 0) {
        self->slots = NULL;
        self->slot_count = 0;
    }
    ERR_clear_error();
    return result;
}

static void release_slots(module *self)
{
    if (self->slots != NULL) {
        PKCS11_release_all_slots(self->context, self->slots, self->slot_count);
    }
    self->slots = NULL;
    self->slot_count = 0;
}

static int32_t load(module *self, kcm_error *error)
{
    char buffer[32];
    self->library = dlopen(self->path, RTLD_NOW | RTLD_LOCAL);
    if (self->library == NULL) {
        snprintf(error->text, sizeof error->text, "cannot load the PKCS#11 module: %.400s", dlerror());
        return KCM_INVALID;
    }
    CK_C_GetFunctionList get_list;
    *(void **)&get_list = dlsym(self->library, "C_GetFunctionList");
    if (get_list == NULL || get_list(&self->functions) != CKR_OK || self->functions == NULL) {
        snprintf(error->text, sizeof error->text, "%.400s is no PKCS#11 module", self->path);
        return KCM_INVALID;
    }
    CK_RV code = initialise(self);
    if (code != CKR_OK) {
        snprintf(error->text, sizeof error->text, "the PKCS#11 module %.300s does not start: %s", self->path, module_reason(code, buffer));
        return KCM_UNAVAILABLE;
    }
    self->generation = 1;
    self->context = PKCS11_CTX_new();
    if (self->context == NULL || PKCS11_CTX_load(self->context, self->path) != 0 || list_slots(self) != 0) {
        snprintf(error->text, sizeof error->text, "libp11 cannot use the PKCS#11 module %.300s: %.150s", self->path,
                 ERR_reason_error_string(ERR_peek_last_error()));
        ERR_clear_error();
        return KCM_UNAVAILABLE;
    }
    return KCM_OK;
}

/* The library itself stays mapped: modules start threads and register exit handlers that outlive a dlclose. */
static void unload(module *self)
{
    release_slots(self);
    if (self->context != NULL) {
        PKCS11_CTX_unload(self->context);
        PKCS11_CTX_free(self->context);
    }
    pthread_rwlock_destroy(&self->gate);
    free(self->path);
    free(self);
}

int32_t module_acquire(const char *path, module **made, kcm_error *error)
{
    pthread_mutex_lock(&registry_lock);
    module *self = registry;
    while (self != NULL && strcmp(self->path, path) != 0) {
        self = self->next;
    }
    int32_t result = KCM_OK;
    if (self == NULL) {
        self = calloc(1, sizeof *self);
        if (self == NULL || (self->path = strdup(path)) == NULL) {
            free(self);
            pthread_mutex_unlock(&registry_lock);
            snprintf(error->text, sizeof error->text, "out of memory");
            return KCM_FAILED;
        }
        pthread_rwlockattr_t attributes;
        pthread_rwlockattr_init(&attributes);
        /* A stream of calls must not keep the one out that brings the token back. */
        pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
        pthread_rwlock_init(&self->gate, &attributes);
        pthread_rwlockattr_destroy(&attributes);
        result = load(self, error);
        if (result != KCM_OK) {
            unload(self);
        } else {
            self->next = registry;
            registry = self;
        }
    }
    if (result == KCM_OK) {
        self->users++;
        *made = self;
    }
    pthread_mutex_unlock(&registry_lock);
    return result;
}

void module_release(module *self)
{
    pthread_mutex_lock(&registry_lock);
    if (--self->users == 0) {
        module **link = &registry;
        while (*link != self) {
            link = &(*link)->next;
        }
        *link = self->next;
        unload(self);
    }
    pthread_mutex_unlock(&registry_lock);
}

int module_restart(module *self)
{
    int64_t now = module_now();
    if (self->restarted != 0 && now - self->restarted < RESTART_MILLISECONDS) {
        return -1;
    }
    self->restarted = now;
    self->generation++;
    release_slots(self);
    (void)self->functions->C_Finalize(NULL);
    return initialise(self) == CKR_OK ? list_slots(self) : -1;
}
