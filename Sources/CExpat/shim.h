#ifndef KCM_CEXPAT_SHIM_H
#define KCM_CEXPAT_SHIM_H
#include <expat.h>
#endif
