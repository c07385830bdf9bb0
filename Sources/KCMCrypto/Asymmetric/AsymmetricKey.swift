internal import CKCMShims
internal import COpenSSL

/// An RSA, DSA or elliptic-curve key, parsed once, since parsing costs as much as using it. Safe to share among threads.
///
/// OpenSSL keeps the key's numbers in its own memory and clears that when the key is freed.
public final class AsymmetricKey: Sendable {
    /// How the bytes of a key are to be read.
    public enum Encoding: Sendable, Hashable {
        /// RSAPrivateKey (RFC 8017 A.1.2).
        case pkcs1Private
        /// RSAPublicKey (RFC 8017 A.1.1).
        case pkcs1Public
        /// PrivateKeyInfo (RFC 5208), not encrypted.
        case pkcs8
        /// ECPrivateKey (RFC 5915) with its curve.
        case sec1
        /// SubjectPublicKeyInfo (RFC 5280 §4.1).
        case subjectPublicKeyInfo
        /// The public key of an X.509 certificate, which is not checked here.
        case certificate
    }

    /// What the key computes with.
    public enum Kind: Sendable, Hashable { case rsa, dsa, ec }

    /// Larger RSA and DSA keys are refused: one private operation would take seconds.
    public static let maximumBits = 16_384

    // An EVP_PKEY is reference counted and locks what it caches; using it does not change it.
    nonisolated(unsafe) let pointer: OpaquePointer
    public let kind: Kind
    /// Of the modulus or the order, in bits.
    public let bits: Int
    /// Whether the private half is there.
    public let isPrivate: Bool

    /// Reads a DER key.
    /// - Throws: `.parameter` where the bytes are no such key, `.unsupported` for another kind of key, a size out of bounds, or a curve
    ///   that is not named.
    public init(der: borrowing SecretBytes, encoding: Encoding) throws(CryptoError) {
        let pointer = try der.withUnsafeBytes { (bytes) throws(CryptoError) in try Self.parse(bytes, encoding) }
        do throws(CryptoError) { (kind, bits) = try Self.examine(pointer) } catch {
            EVP_PKEY_free(pointer)
            throw error
        }
        self.pointer = pointer
        switch encoding {
        case .pkcs1Private, .pkcs8, .sec1: isPrivate = true
        case .pkcs1Public, .subjectPublicKeyInfo, .certificate: isPrivate = false
        }
    }

    /// Takes a key of OpenSSL's over, also when it throws.
    init(adopting pointer: OpaquePointer, isPrivate: Bool) throws(CryptoError) {
        do throws(CryptoError) { (kind, bits) = try Self.examine(pointer) } catch {
            EVP_PKEY_free(pointer)
            throw error
        }
        self.pointer = pointer
        self.isPrivate = isPrivate
    }

    /// Of an RSA modulus, in bytes: the length of signatures and ciphertexts.
    public var modulusSize: Int { (bits + 7) / 8 }

    private static func parse(_ bytes: UnsafeRawBufferPointer, _ encoding: Encoding) throws(CryptoError) -> OpaquePointer {
        var cursor = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let key: OpaquePointer?
        switch encoding {
        case .pkcs1Private: key = d2i_PrivateKey(EVP_PKEY_RSA, nil, &cursor, bytes.count)
        case .sec1: key = d2i_PrivateKey(EVP_PKEY_EC, nil, &cursor, bytes.count)
        case .pkcs1Public: key = d2i_PublicKey(EVP_PKEY_RSA, nil, &cursor, bytes.count)
        case .subjectPublicKeyInfo: key = d2i_PUBKEY(nil, &cursor, bytes.count)
        case .pkcs8:
            let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &cursor, bytes.count)
            key = info.flatMap { EVP_PKCS82PKEY($0) }
            PKCS8_PRIV_KEY_INFO_free(info)
        case .certificate:
            let certificate = d2i_X509(nil, &cursor, bytes.count)
            key = certificate.flatMap { X509_get_pubkey($0) }
            X509_free(certificate)
        }
        guard let key else { throw .openSSL("the key cannot be read", code: .parameter) }
        guard let cursor, UnsafeRawPointer(cursor) == bytes.baseAddress.map({ $0 + bytes.count }) else {
            EVP_PKEY_free(key)
            throw CryptoError(.parameter, "bytes follow the key")
        }
        return key
    }

    private static func examine(_ key: OpaquePointer) throws(CryptoError) -> (Kind, Int) {
        let bits = Int(EVP_PKEY_get_bits(key))
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            guard (512...maximumBits).contains(bits) else { throw CryptoError(.unsupported, "an RSA key of \(bits) bits is not taken") }
            // An exponent or prime that is longer than the modulus costs as much as a longer modulus.
            let secrets: [Number] = [.privateExponent, .p, .q, .primeExponentP, .primeExponentQ, .coefficient]
            guard secrets.allSatisfy({ size(of: $0.name, key) <= (bits + 7) / 8 }) else {
                throw CryptoError(.unsupported, "an RSA key whose numbers are longer than its modulus is not taken")
            }
            return (.rsa, bits)
        case EVP_PKEY_DSA:
            guard (512...maximumBits).contains(bits), size(of: "q", key) <= 64 else {
                throw CryptoError(.unsupported, "a DSA key of \(bits) bits is not taken")
            }
            return (.dsa, bits)
        case EVP_PKEY_EC:
            // A curve given by its numbers could be any, a weak one included.
            var name = [CChar](repeating: 0, count: 80)
            guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else {
                ERR_clear_error()
                throw CryptoError(.unsupported, "the curve of the key has no name")
            }
            return (.ec, bits)
        default: throw CryptoError(.unsupported, "keys of this kind are not taken")
        }
    }

    /// Of a number of a key, in bytes; 0 where the key does not have it.
    private static func size(of number: String, _ key: OpaquePointer) -> Int {
        let size = kcm_key_number(key, number, nil, 0, 0)
        if size == 0 { ERR_clear_error() }
        return size
    }

    deinit { EVP_PKEY_free(pointer) }
}
