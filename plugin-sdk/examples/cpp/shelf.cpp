// shelf: a keystore in C++17, in memory. What it shows: no exception crosses the border, and containers order keys as the contract does.
#include <kcm/kcm_plugin.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <string>

namespace {

constexpr uint32_t maximum_batch = 1024;
constexpr uint64_t maximum_key = 1024, maximum_value = 1 << 20;

struct Entry {
    std::string value;
    uint64_t revision;
};

// std::string compares bytes as unsigned: the contract's order.
using Entries = std::map<std::string, Entry>;
using Shelf = std::map<std::string, Entries>;

std::string text(kcm_bytes bytes) { return bytes.size > 0 ? std::string(reinterpret_cast<const char *>(bytes.data), bytes.size) : std::string(); }
kcm_bytes bytes(const std::string &text) { return {reinterpret_cast<const uint8_t *>(text.data()), text.size()}; }

// Runs a body; whatever it throws becomes a code and a text.
template <typename Body> int32_t guarded(kcm_error *error, Body body)
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        std::snprintf(error->text, sizeof error->text, "no memory");
        return KCM_FULL;
    } catch (const std::exception &reason) {
        std::snprintf(error->text, sizeof error->text, "%s", reason.what());
        return KCM_FAILED;
    }
}

int32_t open(const kcm_host *, const kcm_setting *settings, uint32_t count, void **store, kcm_error *error)
{
    if (count > 0) {
        std::snprintf(error->text, sizeof error->text, "setting '%.100s' is not known; there are none", settings[0].key);
        return KCM_INVALID;
    }
    return guarded(error, [&] { return *store = new Shelf, KCM_OK; });
}

void close(void *store) { delete static_cast<Shelf *>(store); }

void limits(void *, kcm_store_limits *limits)
{
    limits->maximum_batch = maximum_batch;
    limits->maximum_key = maximum_key;
    limits->maximum_value = maximum_value;
}

int32_t get(void *store, kcm_bytes name_space, kcm_bytes key, kcm_value_sink sink, void *context, kcm_error *error)
{
    return guarded(error, [&] {
        auto &shelf = *static_cast<Shelf *>(store);
        auto entries = shelf.find(text(name_space));
        if (entries == shelf.end()) return KCM_NOT_FOUND;
        auto entry = entries->second.find(text(key));
        if (entry == entries->second.end()) return KCM_NOT_FOUND;
        sink(context, bytes(entry->second.value), entry->second.revision);
        return KCM_OK;
    });
}

// Works on a copy of the tenant's entries, which takes the place of the old ones only when all of the batch held.
int32_t apply_batch(Shelf &shelf, const kcm_batch &batch)
{
    if (batch.write_count > maximum_batch) return KCM_TOO_LARGE;
    auto name = text(batch.name_space);
    Entries entries;
    if (auto old = shelf.find(name); old != shelf.end()) entries = old->second;
    for (uint32_t i = 0; i < batch.write_count; i++) {
        const kcm_write &write = batch.writes[i];
        if (write.operation < KCM_PUT || write.operation > KCM_RESTORE || write.expectation > KCM_EXPECT_REVISION) return KCM_INVALID;
        if (write.operation == KCM_RESTORE && (write.expectation != KCM_EXPECT_ABSENT || write.revision - 1 >= INT64_MAX)) return KCM_INVALID;
        if (write.key.size > maximum_key || (write.operation != KCM_REMOVE && write.value.size > maximum_value)) return KCM_TOO_LARGE;
        auto key = text(write.key);
        auto old = entries.find(key);
        uint64_t revision = old == entries.end() ? 0 : old->second.revision;
        if (write.expectation == KCM_EXPECT_ABSENT && revision != 0) return KCM_CONFLICT;
        if (write.expectation == KCM_EXPECT_REVISION && (revision == 0 || revision != write.revision)) return KCM_CONFLICT;
        if (write.operation == KCM_REMOVE) entries.erase(key);
        else entries[key] = {text(write.value), write.operation == KCM_RESTORE ? write.revision : revision + 1};
    }
    if (entries.empty()) shelf.erase(name);
    else shelf[name].swap(entries);
    return KCM_OK;
}

int32_t commit(void *store, kcm_batch *batches, uint32_t count, kcm_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        batches[i].result = guarded(error, [&] { return apply_batch(*static_cast<Shelf *>(store), batches[i]); });
        if (batches[i].result == KCM_INVALID) std::snprintf(error->text, sizeof error->text, "a write is not known");
        if (batches[i].result == KCM_TOO_LARGE) std::snprintf(error->text, sizeof error->text, "a batch is over the limits");
    }
    return KCM_OK;
}

int32_t scan(void *store, kcm_bytes name_space, kcm_bytes prefix, const kcm_bytes *after, uint32_t limit, kcm_entry_sink sink, void *context,
             kcm_error *error)
{
    return guarded(error, [&] {
        auto &shelf = *static_cast<Shelf *>(store);
        auto entries = shelf.find(text(name_space));
        if (entries == shelf.end()) return KCM_OK;
        auto start = text(prefix);
        auto entry = entries->second.lower_bound(start);
        if (after != nullptr && text(*after) >= start) entry = entries->second.upper_bound(text(*after));
        for (; entry != entries->second.end() && limit > 0 && entry->first.compare(0, start.size(), start) == 0; ++entry, --limit) {
            if (sink(context, bytes(entry->first), bytes(entry->second.value), entry->second.revision) != 0) break;
        }
        return KCM_OK;
    });
}

int32_t namespaces(void *store, kcm_namespace_sink sink, void *context, kcm_error *)
{
    for (const auto &[name, entries] : *static_cast<Shelf *>(store)) {
        if (sink(context, bytes(name)) != 0) break;
    }
    return KCM_OK;
}

int32_t statistics(void *store, kcm_store_statistics *statistics, kcm_error *)
{
    for (const auto &[name, entries] : *static_cast<Shelf *>(store)) {
        statistics->namespaces++;
        statistics->entries += entries.size();
        for (const auto &[key, entry] : entries) statistics->bytes += key.size() + entry.value.size();
    }
    return KCM_OK;
}

int32_t health(void *, kcm_error *) { return KCM_OK; }

const kcm_store_functions functions = {
    sizeof(kcm_store_functions), 0, open, close, limits, get, commit, scan, namespaces, statistics, health, nullptr,
};

const kcm_plugin_descriptor descriptor = {
    KCM_PLUGIN_MAGIC, KCM_ABI_MAJOR, KCM_ABI_MINOR, sizeof(kcm_plugin_descriptor), KCM_THREADS_SERIALIZED, KCM_CAP_STORE,
    "shelf", "1.0.0", "Example", "A map in memory", &functions, nullptr,
};

} // namespace

extern "C" KCM_EXPORT const kcm_plugin_descriptor *kcm_plugin_entry(void) { return &descriptor; }
