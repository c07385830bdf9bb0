internal import COpenSSL

/// A certificate revocation list (RFC 5280 §5), parsed once. Safe to share among threads.
public final class RevocationList: Sendable {
    // As in ``Certificate``: reference counted, not changed after parsing.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// The issuer as RFC 4514 text.
    public let issuer: String
    /// When it was issued; seconds since 1970 UTC.
    public let thisUpdate: Int64
    /// From then on it says nothing any more, and certificates it was to vouch for are refused; seconds since 1970 UTC, `nil` where
    /// it does not say.
    public let nextUpdate: Int64?
    /// Serial numbers of the revoked certificates, as ``Certificate/serial`` shows them.
    public let revokedSerials: [String]

    /// Takes over one reference, also when it throws.
    init(adopting pointer: OpaquePointer) throws(CryptoError) {
        do throws(CryptoError) {
            issuer = try X509Name.text(X509_CRL_get_issuer(pointer))
            thisUpdate = try X509Encoding.seconds(X509_CRL_get0_lastUpdate(pointer))
            let next = X509_CRL_get0_nextUpdate(pointer)
            nextUpdate = next == nil ? nil : try X509Encoding.seconds(next)
            let revoked = X509_CRL_get_REVOKED(pointer)
            var serials: [String] = []
            for index in 0..<max(OPENSSL_sk_num(revoked), 0) {
                let entry = OPENSSL_sk_value(revoked, index).map { OpaquePointer($0) }
                serials.append(try X509Encoding.hexadecimal(X509_REVOKED_get0_serialNumber(entry)))
            }
            revokedSerials = serials
        } catch {
            X509_CRL_free(pointer)
            throw error
        }
        self.pointer = pointer
    }

    /// Parses one DER list.
    /// - Throws: `CryptoError` `.certificate`.
    public convenience init(der: [UInt8]) throws(CryptoError) {
        let pointer: OpaquePointer? = der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return d2i_X509_CRL(nil, &next, bytes.count)
        }
        guard let pointer else { throw .openSSL("the revocation list cannot be parsed", code: .certificate) }
        try self.init(adopting: pointer)
    }

    /// Every list in a file: one or more in PEM, or one in DER. Blocks.
    /// - Throws: `CryptoError` `.certificate` with the path, where it cannot be read, holds none, or one is malformed.
    public static func load(file path: String) throws -> [RevocationList] {
        let bytes = try PrivateFile.read(path)
        return try bytes.withUnsafeBytes { (bytes) throws(CryptoError) in
            do throws(CryptoError) { return try parse(bytes) } catch { throw CryptoError(error.code, "\(path): \(error.message)") }
        }
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) -> [RevocationList] {
        let stream = try MemoryBIO(reading: bytes)
        var lists: [RevocationList] = []
        while let pointer = PEM_read_bio_X509_CRL(stream.pointer, nil, nil, nil) {
            lists.append(try RevocationList(adopting: pointer))
        }
        guard PEMEnd.isReached() else { throw .openSSL("a revocation list cannot be parsed", code: .certificate) }
        if lists.isEmpty {
            do throws(CryptoError) { lists.append(try RevocationList(der: Array(bytes))) } catch {
                throw CryptoError(error.code, "there is no revocation list in PEM or DER: \(error.message)")
            }
        }
        return lists
    }

    /// Writes PEM (mode 0644), replacing the file in one step. Blocks.
    /// - Throws: `CryptoError` `.failed`.
    public func write(pemFile path: String) throws(CryptoError) {
        let stream = try MemoryBIO()
        guard PEM_write_bio_X509_CRL(stream.pointer, pointer) == 1 else { throw .openSSL("the revocation list could not be written") }
        try stream.withUnsafeBytes { (bytes) throws(CryptoError) in try PrivateFile.write(bytes, to: path, mode: 0o644) }
    }

    deinit { X509_CRL_free(pointer) }
}
