internal import COpenSSL

/// An X.509 certificate (RFC 5280), parsed once. Safe to share among threads.
public final class Certificate: Sendable {
    // An X509 is reference counted, and OpenSSL locks what it caches inside; nothing here changes one after parsing.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// The encoding as it came.
    public let der: [UInt8]
    /// The subject as RFC 4514 text, most specific part first: `CN=acme-app,OU=service,O=acme`.
    public let subject: String
    /// The subject's parts in the order of the certificate; keys are OpenSSL's short names (`O`, `OU`, `CN`, `C`), or a dotted
    /// object identifier.
    public let subjectFields: [(key: String, value: String)]
    /// The issuer as RFC 4514 text.
    public let issuer: String
    /// The serial number: lower-case hex digits, two a byte.
    public let serial: String
    /// SHA-256 of ``der``: 64 lower-case hex digits.
    public let fingerprint: String
    /// `URI:…`, `DNS:…`, `IP:…` and `email:…`, in the order of the certificate; names of other types are left out.
    public let subjectAlternativeNames: [String]
    /// Valid from this second on; seconds since 1970 UTC.
    public let notBefore: Int64
    /// Valid up to and including this second; seconds since 1970 UTC.
    public let notAfter: Int64

    /// Parses one DER certificate.
    /// - Throws: `CryptoError` `.certificate` for what is no certificate, has bytes behind it, or holds a name with a NUL or with
    ///   bytes that are no text: such a name can read as another one.
    public convenience init(der: [UInt8]) throws(CryptoError) {
        var next: UnsafePointer<UInt8>?
        let parsed: (OpaquePointer?, Int) = der.withUnsafeBufferPointer { bytes in
            next = bytes.baseAddress
            let certificate = d2i_X509(nil, &next, bytes.count)
            return (certificate, next.map { $0 - (bytes.baseAddress ?? $0) } ?? 0)
        }
        guard let pointer = parsed.0 else { throw .openSSL("the certificate cannot be parsed", code: .certificate) }
        guard parsed.1 == der.count else {
            X509_free(pointer)
            throw CryptoError(.certificate, "there are bytes behind the certificate")
        }
        try self.init(adopting: pointer)
    }

    /// Takes over one reference, also when it throws.
    init(adopting pointer: OpaquePointer) throws(CryptoError) {
        do throws(CryptoError) {
            der = try X509Encoding.der(ofCertificate: pointer)
            subject = try X509Name.text(X509_get_subject_name(pointer))
            subjectFields = try X509Name.fields(X509_get_subject_name(pointer))
            issuer = try X509Name.text(X509_get_issuer_name(pointer))
            serial = try X509Encoding.hexadecimal(X509_get0_serialNumber(pointer))
            subjectAlternativeNames = try GeneralNames.subjectAlternativeNames(of: pointer)
            notBefore = try X509Encoding.seconds(X509_get0_notBefore(pointer))
            notAfter = try X509Encoding.seconds(X509_get0_notAfter(pointer))
        } catch {
            X509_free(pointer)
            throw error
        }
        fingerprint = Hexadecimal.text(der.withUnsafeBytes { SHA256.hash($0) })
        self.pointer = pointer
    }

    deinit { X509_free(pointer) }
}

extension Certificate {
    /// Every certificate in a PEM file, in its order. Blocks.
    /// - Throws: `CryptoError` `.certificate` with the path, where it cannot be read, holds none, or one is malformed.
    public static func load(pemFile path: String) throws -> [Certificate] {
        let bytes = try PrivateFile.read(path)
        return try bytes.withUnsafeBytes { (bytes) throws(CryptoError) in
            do throws(CryptoError) { return try parse(pem: bytes) } catch { throw CryptoError(error.code, "\(path): \(error.message)") }
        }
    }

    /// Every certificate in PEM text.
    /// - Throws: as ``load(pemFile:)``.
    public static func parse(pem bytes: UnsafeRawBufferPointer) throws(CryptoError) -> [Certificate] {
        let stream = try MemoryBIO(reading: bytes)
        var certificates: [Certificate] = []
        while let pointer = PEM_read_bio_X509(stream.pointer, nil, nil, nil) { certificates.append(try Certificate(adopting: pointer)) }
        guard PEMEnd.isReached() else { throw .openSSL("a certificate cannot be parsed", code: .certificate) }
        guard !certificates.isEmpty else { throw CryptoError(.certificate, "there is no PEM certificate") }
        return certificates
    }

    /// The certificate as PEM text.
    /// - Throws: `CryptoError` `.failed`.
    public func pem() throws(CryptoError) -> String {
        let stream = try MemoryBIO()
        guard PEM_write_bio_X509(stream.pointer, pointer) == 1 else { throw .openSSL("the certificate could not be written") }
        return stream.text()
    }

    /// Writes certificates to one PEM file (mode 0644), replacing it in one step. Blocks.
    /// - Throws: `CryptoError` `.failed`.
    public static func write(_ certificates: [Certificate], pemFile path: String) throws(CryptoError) {
        let stream = try MemoryBIO()
        for certificate in certificates {
            guard PEM_write_bio_X509(stream.pointer, certificate.pointer) == 1 else {
                throw .openSSL("the certificate could not be written")
            }
        }
        try stream.withUnsafeBytes { (bytes) throws(CryptoError) in try PrivateFile.write(bytes, to: path, mode: 0o644) }
    }
}
