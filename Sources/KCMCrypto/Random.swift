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
