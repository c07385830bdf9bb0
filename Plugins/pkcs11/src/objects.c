#include "objects.h"

#include <stdlib.h>

#define FOUND_AT_A_TIME 64

CK_RV objects_each(const session *session, CK_ATTRIBUTE *pattern, CK_ULONG count, object_visit visit, void *context)
{
    CK_OBJECT_HANDLE *found = NULL;
    size_t size = 0;
    CK_RV code = session->functions->C_FindObjectsInit(session->handle, pattern, count);
    if (code != CKR_OK) {
        return code;
    }
    for (;;) {
        CK_OBJECT_HANDLE *grown = realloc(found, (size + FOUND_AT_A_TIME) * sizeof *found);
        CK_ULONG got = 0;
        if (grown == NULL) {
            code = CKR_HOST_MEMORY;
            break;
        }
        found = grown;
        code = session->functions->C_FindObjects(session->handle, found + size, FOUND_AT_A_TIME, &got);
        if (code != CKR_OK || got == 0) {
            break;
        }
        size += got;
    }
    CK_RV ended = session->functions->C_FindObjectsFinal(session->handle);
    code = code != CKR_OK ? code : ended;
    for (size_t i = 0; i < size && code == CKR_OK; i++) {
        code = visit(context, session, found[i]);
    }
    free(found);
    return code;
}

CK_RV objects_read(const session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, uint8_t **data, size_t *size)
{
    CK_ATTRIBUTE attribute = {type, NULL, 0};
    *data = NULL;
    *size = 0;
    CK_RV code = session->functions->C_GetAttributeValue(session->handle, object, &attribute, 1);
    if (code == CKR_ATTRIBUTE_TYPE_INVALID || (code == CKR_OK && (attribute.ulValueLen == 0 || attribute.ulValueLen == (CK_ULONG)-1))) {
        return CKR_OK;
    }
    if (code != CKR_OK) {
        return code;
    }
    attribute.pValue = malloc(attribute.ulValueLen);
    if (attribute.pValue == NULL) {
        return CKR_HOST_MEMORY;
    }
    code = session->functions->C_GetAttributeValue(session->handle, object, &attribute, 1);
    if (code != CKR_OK) {
        free(attribute.pValue);
        return code;
    }
    *data = attribute.pValue;
    *size = attribute.ulValueLen;
    return CKR_OK;
}

CK_RV objects_destroy(const session *session, CK_OBJECT_HANDLE object)
{
    CK_RV code = session->functions->C_DestroyObject(session->handle, object);
    return code == CKR_OBJECT_HANDLE_INVALID ? CKR_OK : code;
}
