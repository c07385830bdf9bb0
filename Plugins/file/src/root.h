/* file, the root of trust. */
#ifndef KCM_FILE_ROOT_H
#define KCM_FILE_ROOT_H

#include <kcm/kcm_plugin.h>

extern const kcm_root_functions file_root_functions;

#endif
