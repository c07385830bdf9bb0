internal import COpenSSL

/// One operation of an asymmetric key that is being set up; freed when it goes.
struct PublicKeyContext: ~Copyable {
    let pointer: OpaquePointer

    init(_ key: AsymmetricKey) throws(CryptoError) {
        guard let pointer = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else {
            throw CryptoError(.memory, "no memory for an operation of a key")
        }
        self.pointer = pointer
    }

    /// Fails where a step did not return 1.
    func require(_ step: Int32, _ what: String) throws(CryptoError) {
        guard step == 1 else { throw .openSSL(what, code: .parameter) }
    }

    deinit { EVP_PKEY_CTX_free(pointer) }
}
