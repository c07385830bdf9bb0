/* What the daemon sees of the plugin: a store and a root of trust, each with its own settings. */
#include "root.h"
#include "store.h"

static const kcm_plugin_descriptor descriptor = {
    .magic = KCM_PLUGIN_MAGIC,
    .abi_major = KCM_ABI_MAJOR,
    .abi_minor = KCM_ABI_MINOR,
    .struct_size = sizeof descriptor,
    .thread_model = KCM_THREADS_PARALLEL,
    .capabilities = KCM_CAP_STORE | KCM_CAP_ROOT | KCM_CAP_DURABLE,
    .name = "file",
    .version = "1.0.0",
    .vendor = "OpenKCM",
    .description = "Keeps each record in a file of its own, durable on return; as root of trust, its key in a file",
    .store = &file_store_functions,
    .root = &file_root_functions,
};

KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void)
{
    return &descriptor;
}
