#include "token.h"

#include "pin.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copy_text(char *to, size_t room, const char *key, const char *value, kcm_error *error)
{
    if (*value == '\0' || strlen(value) >= room) {
        snprintf(error->text, sizeof error->text, "setting '%s' is empty or longer than %zu bytes", key, room - 1);
        return -1;
    }
    strcpy(to, value);
    return 1;
}

int token_setting(token_settings *self, const char *key, const char *value, kcm_error *error)
{
    if (strcmp(key, "module") == 0) {
        /* Code that is loaded into the daemon: named in full, so that no search path decides. */
        if (*value != '/') {
            snprintf(error->text, sizeof error->text, "setting 'module' is not an absolute path");
            return -1;
        }
        return copy_text(self->module, sizeof self->module, key, value, error);
    }
    if (strcmp(key, "token") == 0) {
        return copy_text(self->label, sizeof self->label, key, value, error);
    }
    if (strcmp(key, "serial") == 0) {
        return copy_text(self->serial, sizeof self->serial, key, value, error);
    }
    if (strcmp(key, "pin_file") == 0) {
        return copy_text(self->pin_file, sizeof self->pin_file, key, value, error);
    }
    if (strcmp(key, "slot") == 0) {
        char *end;
        self->slot = strtoul(value, &end, 10);
        self->has_slot = 1;
        if (*value < '0' || *value > '9' || *end != '\0') {
            snprintf(error->text, sizeof error->text, "setting 'slot' is not a number");
            return -1;
        }
        return 1;
    }
    return 0;
}

int token_is_lost(CK_RV code)
{
    switch (code) {
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_DEVICE_REMOVED:
    case CKR_DEVICE_ERROR:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SLOT_ID_INVALID:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
    /* What modules say when they know no better; SoftHSM does where its token's files are gone. */
    case CKR_GENERAL_ERROR:
    case CKR_FUNCTION_FAILED: return 1;
    default: return 0;
    }
}

/* ---- Finding the token; the caller holds the gate alone ---- */

static int fits(const token_settings *settings, PKCS11_SLOT *slot)
{
    const PKCS11_TOKEN *there = slot->token;
    return there != NULL && there->initialized && (settings->label[0] == '\0' || strcmp(settings->label, there->label) == 0) &&
           (settings->serial[0] == '\0' || strcmp(settings->serial, there->serialnr) == 0) &&
           (!settings->has_slot || settings->slot == PKCS11_get_slotid_from_slot(slot));
}

static const char *describe(const token_settings *settings, char text[128])
{
    char slot[32] = "";
    if (settings->has_slot) {
        snprintf(slot, sizeof slot, " in slot %lu", settings->slot);
    }
    snprintf(text, 128, "token%s%s%s%s%s", settings->label[0] ? " " : "", settings->label, settings->serial[0] ? " with serial number " : "",
             settings->serial, slot);
    return text;
}

static int32_t find(token *self, PKCS11_SLOT **found, kcm_error *error)
{
    char text[128];
    *found = NULL;
    for (unsigned i = 0; i < self->module->slot_count; i++) {
        PKCS11_SLOT *slot = &self->module->slots[i];
        if (!fits(&self->settings, slot)) {
            continue;
        }
        if (*found != NULL) {
            snprintf(error->text, sizeof error->text, "there is more than one %s; name it by 'serial'", describe(&self->settings, text));
            return KCM_INVALID;
        }
        *found = slot;
    }
    if (*found == NULL) {
        snprintf(error->text, sizeof error->text, "the %s is not there; %.250s lists %u slots", describe(&self->settings, text), self->module->path,
                 self->module->slot_count);
        return KCM_UNAVAILABLE;
    }
    return KCM_OK;
}

/* ---- Sessions and login ---- */

static CK_RV open_session(token *self, CK_SESSION_HANDLE *handle)
{
    CK_FLAGS flags = CKF_SERIAL_SESSION | (self->writes ? CKF_RW_SESSION : 0);
    return self->module->functions->C_OpenSession(self->slot, flags, NULL, NULL, handle);
}

/* One attempt. PINs lock after a few wrong ones, so a refused one is not tried again before the file was changed, and the last attempt that
 * the token has is left to a person. */
static int32_t login(token *self, CK_SESSION_HANDLE handle, kcm_error *error)
{
    char buffer[32], text[128];
    pin secret;
    int32_t result = pin_read(&secret, self->settings.pin_file, error);
    if (result != KCM_OK) {
        return result;
    }
    if (self->pin_refused && secret.seconds == self->pin_stamp.seconds && secret.nanoseconds == self->pin_stamp.nanoseconds &&
        secret.node == self->pin_stamp.node) {
        pin_wipe(&secret);
        snprintf(error->text, sizeof error->text, "%s", self->refusal);
        return KCM_UNAVAILABLE;
    }
    CK_TOKEN_INFO info;
    if (self->module->functions->C_GetTokenInfo(self->slot, &info) == CKR_OK && (info.flags & (CKF_USER_PIN_LOCKED | CKF_USER_PIN_FINAL_TRY)) != 0) {
        pin_wipe(&secret);
        snprintf(error->text, sizeof error->text, "the PIN of the %s %s", describe(&self->settings, text),
                 (info.flags & CKF_USER_PIN_LOCKED) != 0 ? "is locked"
                                                          : "has one attempt left, which is not risked here: log in once with the right PIN by hand");
        return KCM_UNAVAILABLE;
    }
    CK_RV code = self->module->functions->C_Login(handle, CKU_USER, (CK_UTF8CHAR *)secret.text, secret.size);
    self->pin_stamp.seconds = secret.seconds;
    self->pin_stamp.nanoseconds = secret.nanoseconds;
    self->pin_stamp.node = secret.node;
    pin_wipe(&secret);
    self->pin_refused = code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED || code == CKR_PIN_LEN_RANGE || code == CKR_PIN_INVALID ||
                        code == CKR_PIN_EXPIRED;
    if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) {
        return KCM_OK;
    }
    if (self->pin_refused) {
        snprintf(self->refusal, sizeof self->refusal, "the %s refuses the PIN in %.100s (%s); it is tried again only when that file changes",
                 describe(&self->settings, text), self->settings.pin_file, module_reason(code, buffer));
        snprintf(error->text, sizeof error->text, "%s", self->refusal);
    } else {
        snprintf(error->text, sizeof error->text, "cannot log in to the %s: %s", describe(&self->settings, text), module_reason(code, buffer));
    }
    return KCM_UNAVAILABLE;
}

/* Opens a first session and logs in. The caller holds the gate alone, and mutex. */
static int32_t connect_once(token *self, kcm_error *error)
{
    char buffer[32], text[128];
    PKCS11_SLOT *found;
    int32_t result = find(self, &found, error);
    if (result != KCM_OK) {
        return result;
    }
    self->slot = PKCS11_get_slotid_from_slot(found);
    CK_SESSION_HANDLE handle;
    CK_RV code = open_session(self, &handle);
    if (code != CKR_OK) {
        snprintf(error->text, sizeof error->text, "cannot open a session with the %s: %s", describe(&self->settings, text),
                 module_reason(code, buffer));
        return KCM_UNAVAILABLE;
    }
    result = login(self, handle, error);
    if (result != KCM_OK) {
        (void)self->module->functions->C_CloseSession(handle);
        return result;
    }
    self->idle[0] = handle;
    self->idle_count = 1;
    self->generation = self->module->generation;
    self->epoch++;
    return KCM_OK;
}

static void drop_sessions(token *self)
{
    /* Those of an older initialisation are gone already, and their numbers may be others' now. */
    while (self->idle_count > 0 && self->generation == self->module->generation) {
        (void)self->module->functions->C_CloseSession(self->idle[--self->idle_count]);
    }
    self->idle_count = 0;
    self->generation = 0;
}

/* Makes the connection anew: with the module as it is, and where that does not do, with the module initialised again. */
static int32_t connect(token *self, int restarts, kcm_error *error)
{
    pthread_rwlock_wrlock(&self->module->gate);
    pthread_mutex_lock(&self->mutex);
    int32_t result = KCM_OK;
    if (self->generation == 0 || self->generation != self->module->generation) {
        drop_sessions(self);
        result = restarts ? KCM_UNAVAILABLE : connect_once(self, error);
        if (result == KCM_UNAVAILABLE && !self->pin_refused && module_restart(self->module) == 0) {
            result = connect_once(self, error);
        }
        if (result != KCM_OK && error->text[0] == '\0') {
            char text[128];
            snprintf(error->text, sizeof error->text, "the %s is away", describe(&self->settings, text));
        }
    }
    pthread_mutex_unlock(&self->mutex);
    pthread_rwlock_unlock(&self->module->gate);
    return result;
}

int32_t token_open(token *self, const kcm_host *host, const token_settings *settings, int writes, kcm_error *error)
{
    if (settings->module[0] == '\0' || settings->pin_file[0] == '\0') {
        snprintf(error->text, sizeof error->text, "setting '%s' is missing", settings->module[0] == '\0' ? "module" : "pin_file");
        return KCM_INVALID;
    }
    if (settings->label[0] == '\0' && settings->serial[0] == '\0' && !settings->has_slot) {
        snprintf(error->text, sizeof error->text, "none of the settings 'token', 'serial' and 'slot' is there");
        return KCM_INVALID;
    }
    memset(self, 0, sizeof *self);
    self->host = host;
    self->settings = *settings;
    self->writes = writes;
    int32_t result = module_acquire(settings->module, &self->module, error);
    if (result != KCM_OK) {
        return result;
    }
    pthread_mutex_init(&self->mutex, NULL);
    result = connect(self, 0, error);
    if (result != KCM_OK) {
        token_close(self);
    }
    return result;
}

void token_close(token *self)
{
    pthread_rwlock_rdlock(&self->module->gate);
    drop_sessions(self);
    pthread_rwlock_unlock(&self->module->gate);
    pthread_mutex_destroy(&self->mutex);
    module_release(self->module);
}

/* Takes an idle session or opens one; the login holds for all of them. The caller holds the gate shared. */
static CK_RV take(token *self, session *taken)
{
    pthread_mutex_lock(&self->mutex);
    CK_RV code = CKR_SESSION_HANDLE_INVALID;
    if (self->generation != 0 && self->generation == self->module->generation) {
        taken->functions = self->module->functions;
        taken->slot = self->slot;
        taken->epoch = self->epoch;
        code = CKR_OK;
        if (self->idle_count > 0) {
            taken->handle = self->idle[--self->idle_count];
        } else {
            code = open_session(self, &taken->handle);
        }
    }
    pthread_mutex_unlock(&self->mutex);
    return code;
}

static void give_back(token *self, const session *taken, CK_RV code)
{
    pthread_mutex_lock(&self->mutex);
    int is_current = self->generation == self->module->generation && self->epoch == taken->epoch;
    if (token_is_lost(code) || !is_current || self->idle_count == MAXIMUM_IDLE_SESSIONS) {
        (void)taken->functions->C_CloseSession(taken->handle);
        if (token_is_lost(code) && is_current) {
            drop_sessions(self);
        }
    } else {
        self->idle[self->idle_count++] = taken->handle;
    }
    pthread_mutex_unlock(&self->mutex);
}

int32_t token_run(token *self, token_work work, void *context, kcm_error *error)
{
    CK_RV code = CKR_OK;
    for (int attempt = 0; attempt < 3; attempt++) {
        pthread_rwlock_rdlock(&self->module->gate);
        session taken;
        code = take(self, &taken);
        int32_t result = KCM_OK;
        if (code == CKR_OK) {
            code = work(context, &taken, &result, error);
            give_back(self, &taken, code);
        }
        pthread_rwlock_unlock(&self->module->gate);
        if (code == CKR_OK) {
            return result;
        }
        if (!token_is_lost(code)) {
            break;
        }
        /* The first time a new session may do; the second time the module starts anew; then it is enough. */
        if (attempt < 2) {
            error->text[0] = '\0';
            result = connect(self, attempt > 0, error);
            if (result != KCM_OK) {
                return result;
            }
        }
    }
    char buffer[32], text[128];
    snprintf(error->text, sizeof error->text, "the %s answers %s", describe(&self->settings, text), module_reason(code, buffer));
    return code == CKR_DEVICE_MEMORY ? KCM_FULL : code == CKR_SESSION_COUNT || token_is_lost(code) ? KCM_UNAVAILABLE : KCM_FAILED;
}
