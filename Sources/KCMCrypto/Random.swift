internal import COpenSSL

/// Random bytes that may be seen: IVs, nonces, identifiers. Keys come from ``SecretBytes/random(count:)``.
public enum Random {
    /// Fills the buffer from OpenSSL's public generator.
    /// - Throws: `CryptoError`.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard buffer.count > 0 else { return }
        guard RAND_bytes(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(buffer.count)) == 1 else {
            throw .openSSL("the random generator failed")
        }
    }

    /// Fills the buffer from OpenSSL's private generator, for bytes that may become keys and leave in a message (KMIP 1.4 §4.35).
    /// - Throws: `CryptoError`.
    public static func fillPrivately(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard buffer.count > 0 else { return }
        guard RAND_priv_bytes(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(buffer.count)) == 1 else {
            throw .openSSL("the random generator failed")
        }
    }

    /// Stirs bytes of a stranger into the generator, beside fresh ones of the system and counted as no entropy at all
    /// (SP 800-90A, additional input of a reseed): whoever chose them knows nothing more of what comes out.
    public static func stir(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0, bytes.count < Int(Int32.max) else { return }
        RAND_add(bytes.baseAddress, Int32(bytes.count), 0)
    }

    /// `count` bytes.
    public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result: Result<Void, CryptoError> = bytes.withUnsafeMutableBytes { buffer in
            do throws(CryptoError) { return .success(try fill(buffer)) } catch { return .failure(error) }
        }
        try result.get()
        return bytes
    }
}
