/*
 * One token as an instance sees it: which one it is, its sessions, its login, and what happens when it goes away.
 */
#ifndef KCM_PKCS11_TOKEN_H
#define KCM_PKCS11_TOKEN_H

#include "module.h"

#define MAXIMUM_IDLE_SESSIONS 16
#define MAXIMUM_PATH 512

/* Settings that name the token; those of root and store are theirs. */
typedef struct token_settings {
    char module[MAXIMUM_PATH];
    char label[33];
    char serial[17];
    int has_slot;
    unsigned long slot;
    char pin_file[MAXIMUM_PATH];
} token_settings;

typedef struct token {
    const kcm_host *host;
    token_settings settings;
    module *module;
    int writes; /* sessions are read-write */
    pthread_mutex_t mutex;
    /* Below: under mutex. Sessions are used with the module's gate held shared. */
    uint64_t generation; /* of the module, when connected; 0: not connected */
    uint64_t epoch;      /* grows with each connection: object handles of an older one are void */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE idle[MAXIMUM_IDLE_SESSIONS];
    unsigned idle_count;
    int pin_refused; /* the PIN file as it is was refused: not tried again until the file changes */
    struct {
        int64_t seconds, nanoseconds;
        uint64_t node;
    } pin_stamp;
    char refusal[256];
} token;

/* A call's view of the token: one session, logged in. */
typedef struct session {
    CK_FUNCTION_LIST *functions;
    CK_SESSION_HANDLE handle;
    CK_SLOT_ID slot;
    uint64_t epoch;
} session;

/* What is to be done with a session. Returns a CKR_* code; where it says that the session, the login or the token is lost, token_run
 * connects again and calls once more. Where the fault is not the token's, sets *result and *error and returns CKR_OK. */
typedef CK_RV (*token_work)(void *context, const session *session, int32_t *result, kcm_error *error);

/* Takes a setting that names the token. Returns 1 if it was one, 0 if not, -1 if its value is wrong (*error says so). */
int token_setting(token_settings *self, const char *key, const char *value, kcm_error *error);

int32_t token_open(token *self, const kcm_host *host, const token_settings *settings, int writes, kcm_error *error);
void token_close(token *self);

/* Runs work with a session. Returns what work said, KCM_UNAVAILABLE where the token is away, KCM_FULL, KCM_FAILED. */
int32_t token_run(token *self, token_work work, void *context, kcm_error *error);

/* Whether the code says that session, login or token are gone, so that connecting again may help. */
int token_is_lost(CK_RV code);

#endif
