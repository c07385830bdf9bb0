internal import CKCMShims
internal import COpenSSL

/// Who a certificate is to be for: a name, alternative names, and a public key. Safe to share among threads.
public final class CertificateSubject: Sendable {
    // Neither is changed once it is here; OpenSSL copies what it puts into a certificate.
    nonisolated(unsafe) let name: OpaquePointer
    nonisolated(unsafe) let alternativeNames: OpaquePointer?
    /// The key that the certificate will be for.
    public let key: AsymmetricKey

    /// Takes both pointers over, also when nobody keeps this.
    private init(name: OpaquePointer, alternativeNames: OpaquePointer?, key: AsymmetricKey) {
        self.name = name
        self.alternativeNames = alternativeNames
        self.key = key
    }

    /// A name out of its parts, in the order of the certificate; keys are short names (`O`, `OU`, `CN`) or dotted object identifiers.
    /// - Throws: `CryptoError` `.parameter` for what is no name.
    public convenience init(_ fields: [(key: String, value: String)], key: AsymmetricKey) throws(CryptoError) {
        self.init(name: try X509Name.make(fields), alternativeNames: nil, key: key)
    }

    /// The subject of a certificate that is to be renewed.
    /// - Throws: `CryptoError` `.unsupported` for a key of a kind that is not taken; `.memory`.
    public convenience init(of certificate: Certificate) throws(CryptoError) {
        guard let pointer = X509_get_pubkey(certificate.pointer) else {
            throw .openSSL("the certificate has no key that can be read", code: .certificate)
        }
        let key = try AsymmetricKey(adopting: pointer, isPrivate: false)
        let names = X509_get_ext_d2i(certificate.pointer, NID_subject_alt_name, nil, nil).map { OpaquePointer($0) }
        guard let name = X509_NAME_dup(X509_get_subject_name(certificate.pointer)) else {
            GENERAL_NAMES_free(names)
            throw CryptoError(.memory, "no memory for a name")
        }
        self.init(name: name, alternativeNames: names, key: key)
    }

    /// The subject of a certificate request (PKCS #10, RFC 2986), DER or PEM. Of the extensions that it asks for, the alternative names
    /// are taken.
    /// - Throws: `CryptoError` `.certificate` for what is no request, or is not signed with its own key; `.unsupported`, `.memory`.
    public convenience init(request: UnsafeRawBufferPointer, isPEM: Bool) throws(CryptoError) {
        let parsed: OpaquePointer?
        if isPEM {
            let stream = try MemoryBIO(reading: request)
            parsed = PEM_read_bio_X509_REQ(stream.pointer, nil, nil, nil)
        } else {
            var cursor = request.baseAddress?.assumingMemoryBound(to: UInt8.self)
            parsed = d2i_X509_REQ(nil, &cursor, request.count)
        }
        guard let parsed else { throw .openSSL("the certificate request cannot be parsed", code: .certificate) }
        defer { X509_REQ_free(parsed) }
        guard let pointer = X509_REQ_get_pubkey(parsed) else { throw .openSSL("the request has no key that can be read", code: .certificate) }
        let key = try AsymmetricKey(adopting: pointer, isPrivate: false)
        guard X509_REQ_verify(parsed, key.pointer) == 1 else { throw .openSSL("the request is not signed with its key", code: .certificate) }
        let names = kcm_request_names(parsed)
        guard let name = X509_NAME_dup(X509_REQ_get_subject_name(parsed)) else {
            GENERAL_NAMES_free(names)
            throw CryptoError(.memory, "no memory for a name")
        }
        self.init(name: name, alternativeNames: names, key: key)
    }

    deinit {
        X509_NAME_free(name)
        GENERAL_NAMES_free(alternativeNames)
    }
}
