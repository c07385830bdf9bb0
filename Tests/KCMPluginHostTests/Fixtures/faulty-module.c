/*
 * A PKCS#11 module that hands everything on to SoftHSM and makes trouble when it is told to by the environment:
 *   KCM_FAULT_KILL=N         the process dies at the Nth object made or destroyed: odd N before it happens, even N after it
 *   KCM_FAULT_CODE=N:CODE    the Nth object made or destroyed fails with that code, after it happened where the code is negative
 *   KCM_FAULT_AWAY=FILE      while that file is there, the token is not
 *   KCM_FAULT_LOGINS=FILE    each login adds a line to that file
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST *real, list;
static long changes;

static int is_away(void)
{
    const char *file = getenv("KCM_FAULT_AWAY");
    return file != NULL && access(file, F_OK) == 0;
}

/* Returns 1 where the change is not to happen, with *code set. */
static int before_change(CK_RV *code)
{
    const char *kill_at = getenv("KCM_FAULT_KILL"), *fail_at = getenv("KCM_FAULT_CODE");
    changes++;
    if (kill_at != NULL && atol(kill_at) == changes * 2 - 1) {
        raise(SIGKILL);
    }
    if (fail_at != NULL && atol(fail_at) == changes) {
        long wanted = strtol(strchr(fail_at, ':') + 1, NULL, 0);
        *code = (CK_RV)(wanted < 0 ? -wanted : wanted);
        return wanted >= 0;
    }
    return 0;
}

static CK_RV after_change(CK_RV code)
{
    const char *kill_at = getenv("KCM_FAULT_KILL"), *fail_at = getenv("KCM_FAULT_CODE");
    if (kill_at != NULL && atol(kill_at) == changes * 2) {
        raise(SIGKILL);
    }
    if (code == CKR_OK && fail_at != NULL && atol(fail_at) == changes) {
        return (CK_RV)-strtol(strchr(fail_at, ':') + 1, NULL, 0);
    }
    return code;
}

static CK_RV create_object(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *made)
{
    CK_RV code;
    if (is_away()) {
        return CKR_DEVICE_REMOVED;
    }
    return before_change(&code) ? code : after_change(real->C_CreateObject(session, template, count, made));
}

static CK_RV destroy_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_RV code;
    if (is_away()) {
        return CKR_DEVICE_REMOVED;
    }
    return before_change(&code) ? code : after_change(real->C_DestroyObject(session, object));
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    if (is_away()) {
        *count = 0;
        return CKR_OK;
    }
    return real->C_GetSlotList(present, slots, count);
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
    return is_away() ? CKR_TOKEN_NOT_PRESENT : real->C_OpenSession(slot, flags, application, notify, session);
}

static CK_RV get_attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count)
{
    return is_away() ? CKR_DEVICE_REMOVED : real->C_GetAttributeValue(session, object, template, count);
}

static CK_RV encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    return is_away() ? CKR_DEVICE_REMOVED : real->C_EncryptInit(session, mechanism, key);
}

static CK_RV decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    return is_away() ? CKR_DEVICE_REMOVED : real->C_DecryptInit(session, mechanism, key);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG size)
{
    const char *file = getenv("KCM_FAULT_LOGINS");
    if (file != NULL) {
        int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        (void)!write(fd, "login\n", 6);
        close(fd);
    }
    return real->C_Login(session, user, pin, size);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **made)
{
    if (real == NULL) {
        void *library = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        CK_C_GetFunctionList get_list;
        *(void **)&get_list = dlsym(library, "C_GetFunctionList");
        get_list(&real);
        list = *real;
        list.C_GetFunctionList = C_GetFunctionList;
        list.C_CreateObject = create_object;
        list.C_DestroyObject = destroy_object;
        list.C_GetSlotList = get_slot_list;
        list.C_OpenSession = open_session;
        list.C_GetAttributeValue = get_attribute;
        list.C_EncryptInit = encrypt_init;
        list.C_DecryptInit = decrypt_init;
        list.C_Login = login;
    }
    *made = &list;
    return CKR_OK;
}
