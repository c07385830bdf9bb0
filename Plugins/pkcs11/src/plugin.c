/*
 * pkcs11: a root of trust whose key never leaves its token, and a store for the small sets of a Core on the token's data objects.
 */
#include "root.h"
#include "store.h"

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_PARALLEL,
    .capabilities = KCM_CAP_STORE | KCM_CAP_ROOT | KCM_CAP_DURABLE | KCM_CAP_NONBLOCKING_READS,
    .name = "pkcs11",
    .version = "1.0.0",
    .vendor = "OpenKCM",
    .description = "Root of trust and store on a PKCS#11 token",
    .store = &pkcs11_store,
    .root = &pkcs11_root,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
    return &descriptor;
}
