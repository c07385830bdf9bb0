internal import KCMCrypto
internal import KCMEngine
internal import KCMStore
internal import KMIP

/// The generations of the tenants' sealing keys as the store holds them, and how another one is made.
struct SealingGenerations: Sendable {
    let store: any Store
    let sealing: SealingCore

    /// A generation once it is open.
    struct Parts {
        let sealing: SecretKey
        let blinding: SecretKey
    }

    private static let prefix: [UInt8] = Array("t/seal/".utf8)
    private static let partSize = 32

    /// The tenants that have a sealing key here.
    /// - Throws: `StoreError`.
    func tenants() async throws -> [String] {
        var found: [String] = []
        for namespace in try await store.namespaces() {
            let first = try await store.scan(prefix: Self.prefix, after: nil, limit: 1, in: namespace)
            if !first.isEmpty { found.append(namespace.name) }
        }
        return found
    }

    /// All generations of a tenant; empty where there is none yet.
    func load(_ tenant: String) async throws(OperationFailure) -> [UInt32: StoredSealingKey] {
        do {
            var found: [UInt32: StoredSealingKey] = [:]
            for entry in try await store.scan(prefix: Self.prefix, after: nil, limit: 1000, in: Namespace(tenant)) {
                guard let generation = UInt32(String(decoding: entry.key[Self.prefix.count...], as: UTF8.self)) else { continue }
                guard let stored = StoredSealingKey(entry.value) else {
                    throw StoreError(.corrupt, "generation \(generation) of the sealing key of \(tenant) is not of a format that this version reads")
                }
                found[generation] = stored
            }
            return found
        } catch { throw Self.failure(error) }
    }

    /// Has Core open a generation.
    func open(_ stored: StoredSealingKey, tenant: String, generation: UInt32) async throws(SealingCore.Refusal) -> Parts {
        let key = try await sealing.decrypt(stored, tenant: tenant, generation: generation)
        func part(_ range: Range<Int>) throws(SealingCore.Refusal) -> SecretKey {
            do {
                return try key.bytes.withUnsafeBytes { bytes in SecretKey(try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[range]))) }
            } catch { throw .noMemory(error) }
        }
        return Parts(sealing: try part(0..<Self.partSize), blinding: try part(Self.partSize..<StoredSealingKey.plaintextSize))
    }

    /// Makes a generation under an L3 key and stores it, durably; does nothing where it is there by then: whoever was first made the
    /// tenant's key.
    /// - Parameter blinding: taken over from the generation before, so that the index goes on; `nil` for a fresh one.
    /// - Throws: `SealingCore.Refusal`, or *General Failure* of the keystore.
    func make(_ generation: UInt32, of tenant: String, under key: String, blinding: SecretKey?) async throws {
        let plaintext = try Self.plaintext(blinding)
        let stored = try await sealing.encrypt(plaintext.bytes, with: key, tenant: tenant, generation: generation)
        do {
            try await store.commit([.put(Self.prefix + Array("\(generation)".utf8), stored.encoded, expecting: .absent)], in: Namespace(tenant))
        } catch let error as StoreError where error.code == .conflict {
            // Made by someone else meanwhile: theirs is the key.
        } catch { throw Self.failure(error) }
    }

    private static func plaintext(_ blinding: SecretKey?) throws(SealingCore.Refusal) -> SecretKey {
        do {
            let fresh = SecretKey(try SecretBytes.random(count: StoredSealingKey.plaintextSize))
            guard let blinding else { return fresh }
            let whole = try SecretBytes(count: StoredSealingKey.plaintextSize) { bytes in
                fresh.bytes.withUnsafeBytes { bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<partSize])) }
                blinding.bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[partSize...]).copyMemory(from: $0) }
            }
            return SecretKey(whole)
        } catch { throw .noMemory(error) }
    }

    static func failure(_ error: any Error) -> OperationFailure {
        if let failure = error as? OperationFailure { return failure }
        InternalFailure.report(error)
        return OperationFailure(.generalFailure, "The server's keystore does not answer")
    }
}
