internal import CKCMPlugin
internal import KCMStore

extension PluginStore {
    /// Has the plugin read its whole medium and check it, by the extension `kcm.store.verify/1`. Takes as long as it takes.
    /// - Throws: `StoreError`: `.unsupported` where the plugin has no such check, `.corrupt` with what is wrong and where.
    public func verify() async throws {
        try await calls.read("verify", isBounded: false) { [self] in
            guard let pointer = functions.get_extension?(instance, KCM_STORE_VERIFY) else {
                throw StoreError(.unsupported, "plugin \(info.name) has no check of its own medium (\(KCM_STORE_VERIFY))")
            }
            let known = pointer.assumingMemoryBound(to: kcm_store_verify.self).pointee
            guard Int(known.struct_size) >= MemoryLayout<kcm_store_verify>.size, let verify = known.verify else {
                throw StoreError(.failed, "plugin \(info.name): its extension \(KCM_STORE_VERIFY) lacks the function verify")
            }
            var error = kcm_error.empty
            try check(verify(instance, &error), "verify", error)
        }
    }
}
