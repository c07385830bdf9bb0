#ifndef KCM_PKCS11_ROOT_H
#define KCM_PKCS11_ROOT_H

#include <kcm/kcm_plugin.h>

extern const kcm_root_functions pkcs11_root;

#endif
