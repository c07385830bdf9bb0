/* Small steps with PKCS#11 objects that root of trust and store share. */
#ifndef KCM_PKCS11_OBJECTS_H
#define KCM_PKCS11_OBJECTS_H

#include "token.h"

/* Calls visit for every object that matches; it returns CKR_OK to go on. No other search runs on the session meanwhile, so visit
 * may read and destroy objects. */
typedef CK_RV (*object_visit)(void *context, const session *session, CK_OBJECT_HANDLE object);
CK_RV objects_each(const session *session, CK_ATTRIBUTE *pattern, CK_ULONG count, object_visit visit, void *context);

/* Reads an attribute of unknown size into memory that the caller frees. An absent or empty one is NULL with size 0. */
CK_RV objects_read(const session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, uint8_t **data, size_t *size);

/* Destroys an object; one that is gone already counts as destroyed. */
CK_RV objects_destroy(const session *session, CK_OBJECT_HANDLE object);

#endif
