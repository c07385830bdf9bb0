/* Pins the layout of ABI 1.0 on 64-bit machines: a change that moves a member does not compile. */
#include "kcm/kcm_plugin.h"

#define PIN(type, size) _Static_assert(sizeof(type) == (size), #type " has another size than in ABI 1.0")
#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member " moved since ABI 1.0")

PIN(kcm_bytes, 16);
PIN(kcm_setting, 16);
PIN(kcm_error, 512);
PIN(kcm_host, 40);
PIN(kcm_write, 48);
PIN(kcm_batch, 32);
PIN(kcm_store_limits, 24);
PIN(kcm_store_statistics, 32);
PIN(kcm_store_functions, 88);
PIN(kcm_root_functions, 56);
PIN(kcm_plugin_descriptor, 72);
PIN(kcm_store_verify, 16);
AT(kcm_host, log, 16);
AT(kcm_write, key, 16);
AT(kcm_batch, result, 28);
AT(kcm_store_functions, open, 8);
AT(kcm_store_functions, get_extension, 80);
AT(kcm_root_functions, wrap, 24);
AT(kcm_plugin_descriptor, store, 56);
