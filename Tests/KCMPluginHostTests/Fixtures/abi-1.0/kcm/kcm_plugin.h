/*
 * The plugin contract of the OpenKCM Crypto Service, ABI 1.0.
 *
 * A plugin is a shared library that exports one symbol, kcm_plugin_entry, and sees nothing of the daemon but this header.
 * Plain C11, valid C++17, no dependency beyond <stddef.h> and <stdint.h>.
 *
 * Rules that hold everywhere:
 *  - struct_size comes first and is set by whoever fills the struct. The reader takes the smaller of its own size and the
 *    other's, and treats what lies beyond as zero: members are added at the end only. The elements of arrays (kcm_bytes,
 *    kcm_setting, kcm_write, kcm_batch) have no struct_size and never grow: what is new comes as an extension.
 *  - The host keeps to the declared limits: namespaces are 1 to 128 bytes of UTF-8; keys, prefixes and values are no longer than
 *    limits says; the keys of one batch are distinct. Keys and values may be empty and hold any bytes.
 *  - The host checks what it gets: a value over the limits, a sink called too often or not at all, entries out of order and codes
 *    that are not known fail the call.
 *  - Bytes are {data, size}. data may be NULL when size is 0. They belong to the caller and are valid during the call only.
 *  - Texts are NUL-terminated UTF-8.
 *  - No memory crosses the border: results go through a sink that the host passes in, and the host copies inside the sink.
 *  - A function returns KCM_OK or another KCM_* code, and on failure writes a text for the operator into *error.
 *    The text names files and reasons; it never holds keys or values.
 *  - An operation or expectation of a write that the plugin does not know fails its batch with KCM_INVALID.
 *  - A sink is called on the thread that made the call, before the call returns, and with no lock held that a host service needs.
 *    It does not call back into the plugin and never waits.
 *  - A call may take long; the host stops waiting after its deadline, and takes the plugin for stuck until the call returns.
 *    The plugin need not watch the time.
 *  - The host opens an instance in the process that uses it: there is no fork between open and close.
 *  - Under each function: Thread (which thread, how many at a time), Often (how many times), Owns, Fails, May block.
 *    "Thread: by thread model" is what descriptor.thread_model says; "once" and "any" are of one instance.
 */
#ifndef KCM_PLUGIN_H
#define KCM_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KCM_PLUGIN_MAGIC 0x4B434D50u /* "KCMP" */
#define KCM_ABI_MAJOR 1                       /* differs: not compatible */
#define KCM_ABI_MINOR 0                       /* higher: more at the end of structs */

#if defined(_WIN32)
#define KCM_EXPORT __declspec(dllexport)
#else
#define KCM_EXPORT __attribute__((visibility("default")))
#endif

/* ---- Result codes (int32_t). The host takes any other value for KCM_FAILED. ---- */
#define KCM_OK 0
#define KCM_NOT_FOUND 1   /* the key is not there */
#define KCM_CONFLICT 2    /* an expectation did not hold; nothing was changed */
#define KCM_FULL 3        /* no room on the medium; nothing was changed */
#define KCM_TOO_LARGE 4   /* over the declared limits */
#define KCM_UNAVAILABLE 5 /* cannot serve now, may later: locked, disconnected */
#define KCM_CORRUPT 6     /* what was read is not what was written */
#define KCM_UNSUPPORTED 7 /* this plugin lacks the ability */
#define KCM_INVALID 8     /* wrong arguments or settings */
#define KCM_FAILED 9      /* anything else, I/O errors included */
#define KCM_TIMED_OUT 10  /* the medium did not answer in time; whether the call took effect is unknown */

/* ---- Thread models (uint32_t) ---- */
#define KCM_THREADS_SERIALIZED 1   /* one call at a time, from any thread */
#define KCM_THREADS_ONE_WRITER 2   /* reads (get, scan, namespaces, statistics, health) in parallel, beside at most one commit */
#define KCM_THREADS_PARALLEL 3     /* any calls in parallel */

/* ---- Capabilities (uint64_t, bits) ---- */
#define KCM_CAP_STORE 1ull              /* descriptor.store is there */
#define KCM_CAP_ROOT 2ull               /* descriptor.root is there */
#define KCM_CAP_DURABLE 4ull            /* a commit survives a crash of process and machine */
#define KCM_CAP_NONBLOCKING_READS 8ull  /* get and scan never wait for a disk, a lock held over I/O, or a network */

typedef struct kcm_bytes {
    const uint8_t *data;
    uint64_t size;
} kcm_bytes;

/* One line of the plugin's `settings` in the configuration. */
typedef struct kcm_setting {
    const char *key;
    const char *value;
} kcm_setting;

/* Where a function says why it failed. The host gives it zeroed. */
typedef struct kcm_error {
    uint32_t struct_size;
    uint32_t reserved;
    char text[504]; /* NUL-terminated */
} kcm_error;

#define KCM_LOG_DEBUG 1
#define KCM_LOG_INFO 2
#define KCM_LOG_WARNING 3
#define KCM_LOG_ERROR 4

/* What the host offers. Valid from open to the return of close. */
typedef struct kcm_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    void *context; /* first argument of the functions below */
    /* Writes a line to the daemon's log; level is a KCM_LOG_*. No keys, values or secrets in it.
     * Thread: any.  Often: any; past some lines a second the host drops them.  Owns: nothing; text is copied.  Fails: never.
     * May block: no. */
    void (*log)(void *context, uint32_t level, const char *text);
    /* Nanoseconds since 1970 UTC; may jump when the machine's clock is set.
     * Thread: any.  Often: any.  Fails: never.  May block: no. */
    int64_t (*clock)(void *context);
    /* A host extension by its identifier ("vendor.name/1"), or NULL where this host has none of that name.
     * Thread: any.  Often: any.  Owns: the host's, valid until close.  Fails: never.  May block: no. */
    const void *(*get_extension)(void *context, const char *id);
} kcm_host;

/* ==== Store: an ordered map of byte keys to byte values in each namespace ==== */

/* Expectations of a write (uint32_t). */
#define KCM_EXPECT_ANY 0      /* whatever is there */
#define KCM_EXPECT_ABSENT 1   /* the key is not there */
#define KCM_EXPECT_REVISION 2 /* the key is there with this revision */

/* Operations of a write (uint32_t). */
#define KCM_PUT 1
#define KCM_REMOVE 2 /* of an absent key under KCM_EXPECT_ANY: nothing happens, and it is no failure */
#define KCM_RESTORE 3 /* creates an absent key with `revision` (1 to 2^63-1) instead of 1; its expectation is KCM_EXPECT_ABSENT. What
                         moves records from one store to another: sealed records name their revision */

typedef struct kcm_write {
    uint32_t operation;
    uint32_t expectation;
    uint64_t revision; /* for KCM_EXPECT_REVISION and KCM_RESTORE */
    kcm_bytes key;
    kcm_bytes value; /* for KCM_PUT and KCM_RESTORE */
} kcm_write;

/* Writes that happen together or not at all. The keys of one batch are distinct. */
typedef struct kcm_batch {
    kcm_bytes name_space;
    const kcm_write *writes;
    uint32_t write_count;
    int32_t result; /* out: KCM_OK, KCM_CONFLICT, KCM_TOO_LARGE … of this batch */
} kcm_batch;

typedef struct kcm_store_limits {
    uint32_t struct_size;
    uint32_t maximum_batch; /* writes in one batch, at least 64 */
    uint64_t maximum_key;   /* bytes, at least 512 */
    uint64_t maximum_value; /* bytes, at least 4,096; objects whose sealed record is longer are refused by the daemon */
} kcm_store_limits;

typedef struct kcm_store_statistics {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t namespaces;
    uint64_t entries;
    uint64_t bytes; /* on the medium, as far as is known */
} kcm_store_statistics;

/* Takes one value. The host copies it before it returns.
 * Thread: the call's own.  Often: once by a call that returns KCM_OK, not at all by any other.  Owns: nothing; value may be
 * overwritten when the sink is back.  Fails: never.  May block: no.  A store's revision is never 0. */
typedef void (*kcm_value_sink)(void *context, kcm_bytes value, uint64_t revision);
/* Takes one entry; returns 0 to go on and anything else to end the scan, which then returns KCM_OK.
 * Thread: the call's own.  Often: up to the scan's limit.  Owns: nothing, as above.  Fails: never.  May block: no. */
typedef int32_t (*kcm_entry_sink)(void *context, kcm_bytes key, kcm_bytes value, uint64_t revision);
/* Takes one namespace; as for an entry. */
typedef int32_t (*kcm_namespace_sink)(void *context, kcm_bytes name_space);

typedef struct kcm_store_functions {
    uint32_t struct_size;
    uint32_t reserved;

    /* Opens the store. The first call; an instance of its own each time.
     * Thread: any, one at a time.  Often: the host has one open instance of a medium at a time.
     * Owns: *store is the plugin's until close; settings are valid during the call only.
     * Fails: KCM_INVALID for a setting that is unknown, missing or wrong (the text names it), KCM_UNAVAILABLE where another
     * process holds the store, KCM_CORRUPT, KCM_FAILED; *store is then left alone.  May block: yes. */
    int32_t (*open)(const kcm_host *host, const kcm_setting *settings, uint32_t setting_count, void **store, kcm_error *error);

    /* Ends the instance; no call is under way, none follows.
     * Thread: any.  Often: once, last.  Owns: frees *store.  Fails: never.  May block: yes. */
    void (*close)(void *store);

    /* What the store can hold; the same for as long as it is open. The host has set struct_size and zeroed the rest.
     * Thread: any.  Often: any, mostly once after open.  Owns: nothing.  Fails: never.  May block: no. */
    void (*limits)(void *store, kcm_store_limits *limits);

    /* Reads one entry and calls sink once with it.
     * Thread: by thread model.  Often: any.  Owns: nothing.
     * Fails: KCM_NOT_FOUND (sink is not called; no text needed), KCM_CORRUPT, KCM_FAILED.  May block: unless KCM_CAP_NONBLOCKING_READS. */
    int32_t (*get)(void *store, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *sink_context, kcm_error *error);

    /* Does all batches of a group and returns once those that succeeded are durable: one sync for the whole group is the point.
     * Each batch succeeds or fails by itself and says so in its result; a later batch sees what an earlier one did.
     * A key's revision is 1 when it is created by KCM_PUT and grows by 1 with each put.
     * Thread: by thread model.  Often: any.  Owns: nothing.
     * Fails: KCM_OK where every batch has a result; another code where the whole group failed, and then nothing of it was changed.
     * May block: yes. */
    int32_t (*commit)(void *store, kcm_batch *batches, uint32_t batch_count, kcm_error *error);

    /* Calls sink for the entries whose key starts with prefix, in ascending byte order, beginning behind `after` (NULL: at the
     * first), at most limit times. Sees each entry as it was at one moment between call and return.
     * Thread: by thread model.  Often: any.  Owns: nothing.  Fails: KCM_CORRUPT, KCM_FAILED.
     * May block: unless KCM_CAP_NONBLOCKING_READS. */
    int32_t (*scan)(void *store, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit,
                    kcm_entry_sink sink, void *sink_context, kcm_error *error);

    /* Calls sink for each namespace with at least one entry, in ascending byte order.
     * Thread: by thread model.  Often: any.  Owns: nothing.  Fails: KCM_FAILED.  May block: yes. */
    int32_t (*namespaces)(void *store, kcm_namespace_sink sink, void *sink_context, kcm_error *error);

    /* Counts and sizes. The host has set struct_size and zeroed the rest.
     * Thread: by thread model.  Often: some times a minute.  Owns: nothing.  Fails: KCM_FAILED.  May block: yes. */
    int32_t (*statistics)(void *store, kcm_store_statistics *statistics, kcm_error *error);

    /* KCM_OK where the store can serve now, writes included.
     * Thread: by thread model.  Often: every few seconds.  Owns: nothing.  Fails: KCM_UNAVAILABLE, KCM_FULL, KCM_FAILED with the
     * reason.  May block: yes, briefly. */
    int32_t (*health)(void *store, kcm_error *error);

    /* A plugin extension by its identifier, or NULL. May itself be NULL.
     * Thread: any.  Often: any.  Owns: the plugin's, valid until close.  Fails: never.  May block: no. */
    const void *(*get_extension)(void *store, const char *id);
} kcm_store_functions;

/* ---- Extension of a store: check all of it on demand ---- */

#define KCM_STORE_VERIFY "kcm.store.verify/1" /* get_extension of a store gives a kcm_store_verify */

typedef struct kcm_store_verify {
    uint32_t struct_size;
    uint32_t reserved;
    /* Reads the whole medium and checks its structure: what the medium itself can tell to be broken.
     * Thread: as a read, by thread model.  Often: when the operator asks.  Owns: nothing.  Fails: KCM_CORRUPT with a text that
     * says what and where, KCM_FAILED.  May block: yes, as long as it takes; the host sets no deadline. */
    int32_t (*verify)(void *store, kcm_error *error);
} kcm_store_verify;

/* ==== Root of trust: wraps and unwraps small keys under a key that stays inside ==== */

typedef struct kcm_root_functions {
    uint32_t struct_size;
    uint32_t reserved;

    /* As for a store. */
    int32_t (*open)(const kcm_host *host, const kcm_setting *settings, uint32_t setting_count, void **root, kcm_error *error);

    /* As for a store; wipes what the plugin holds. */
    void (*close)(void *root);

    /* Wraps 16 to 64 bytes under the newest version of the root key and calls sink once with a blob of at most 1,024 bytes that
     * names the version (revision: the version).
     * Thread: by thread model.  Often: any.  Owns: nothing.
     * Fails: KCM_INVALID for a wrong size, KCM_UNAVAILABLE, KCM_FAILED.  May block: yes. */
    int32_t (*wrap)(void *root, kcm_bytes key, kcm_value_sink sink, void *sink_context, kcm_error *error);

    /* Opens a blob of wrap, whichever version made it, and calls sink once with the key; the plugin wipes its copy.
     * Thread: by thread model.  Often: any.  Owns: nothing.
     * Fails: KCM_CORRUPT where the blob was changed or is another root key's, KCM_UNAVAILABLE, KCM_FAILED.  May block: yes. */
    int32_t (*unwrap)(void *root, kcm_bytes blob, kcm_value_sink sink, void *sink_context, kcm_error *error);

    /* As for a store. */
    int32_t (*health)(void *root, kcm_error *error);

    /* As for a store. */
    const void *(*get_extension)(void *root, const char *id);
} kcm_root_functions;

/* ==== The descriptor ==== */

typedef struct kcm_plugin_descriptor {
    uint32_t magic; /* KCM_PLUGIN_MAGIC */
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t struct_size;
    uint32_t thread_model;
    uint64_t capabilities;
    const char *name;        /* as the configuration names it: a-z, 0-9, - */
    const char *version;     /* of the plugin */
    const char *vendor;
    const char *description; /* one line */
    const kcm_store_functions *store; /* with KCM_CAP_STORE */
    const kcm_root_functions *root;   /* with KCM_CAP_ROOT */
} kcm_plugin_descriptor;

/* The one exported symbol.
 * Thread: any, before anything else.  Owns: the descriptor is the plugin's and lives as long as the library.
 * Fails: NULL where the plugin cannot work here.  May block: no. */
KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void);

#ifdef __cplusplus
}
#endif
#endif
