internal import CKCMShims
internal import COpenSSL

/// A certificate in the making. One owner, one thread.
final class CertificateBuilder {
    let certificate: OpaquePointer

    convenience init(subject: [(key: String, value: String)], notBefore: Int64, notAfter: Int64, key: PrivateKey) throws(CryptoError) {
        let name = try X509Name.make(subject)
        defer { X509_NAME_free(name) }
        try self.init(name: name, notBefore: notBefore, notAfter: notAfter, publicKey: key.pointer)
    }

    /// - Parameters:
    ///   - name: an `X509_NAME`, which is copied.
    ///   - publicKey: an `EVP_PKEY`, whose public half is taken.
    init(name: OpaquePointer, notBefore: Int64, notAfter: Int64, publicKey: OpaquePointer) throws(CryptoError) {
        guard let certificate = X509_new() else { throw CryptoError(.memory, "no memory for a certificate") }
        self.certificate = certificate
        let times = (start: try X509Encoding.time(notBefore), end: try X509Encoding.time(notAfter))
        defer {
            ASN1_TIME_free(times.start)
            ASN1_TIME_free(times.end)
        }
        let serial = try Self.serial()
        defer { ASN1_INTEGER_free(serial) }
        // 2 is version 3.
        guard X509_set_version(certificate, 2) == 1, X509_set_serialNumber(certificate, serial) == 1,
            X509_set_subject_name(certificate, name) == 1, X509_set1_notBefore(certificate, times.start) == 1,
            X509_set1_notAfter(certificate, times.end) == 1, X509_set_pubkey(certificate, publicKey) == 1
        else { throw .openSSL("the certificate could not be made") }
    }

    /// 127 random bits: positive, and within the 20 bytes of RFC 5280 §4.1.2.2.
    private static func serial() throws(CryptoError) -> UnsafeMutablePointer<ASN1_INTEGER> {
        var bytes = try Random.bytes(16)
        bytes[0] = bytes[0] & 0x7f | 0x40
        return try X509Encoding.integer(bytes)
    }

    func finishAuthority(issuer: Certificate?, signingKey: PrivateKey) throws(CryptoError) -> Certificate {
        let issuerPointer = issuer?.pointer ?? certificate
        try add(NID_basic_constraints, "critical,CA:TRUE", issuerPointer)
        try add(NID_key_usage, "critical,keyCertSign,cRLSign", issuerPointer)
        return try finish(issuerPointer, signingKey)
    }

    func finishLeaf(
        names: [String],
        purposes: Set<CertificatePurpose>,
        revocationListURL: String?,
        issuer: Certificate,
        signingKey: PrivateKey
    ) throws(CryptoError) -> Certificate {
        try add(NID_basic_constraints, "critical,CA:FALSE", issuer.pointer)
        try add(NID_key_usage, "critical,digitalSignature", issuer.pointer)
        switch (purposes.contains(.client), purposes.contains(.server)) {
        case (true, true): try add(NID_ext_key_usage, "clientAuth,serverAuth", issuer.pointer)
        case (true, false): try add(NID_ext_key_usage, "clientAuth", issuer.pointer)
        case (false, true): try add(NID_ext_key_usage, "serverAuth", issuer.pointer)
        case (false, false): break
        }
        if !names.isEmpty {
            let names = try GeneralNames.make(names)
            defer { GENERAL_NAMES_free(names) }
            guard X509_add1_ext_i2d(certificate, NID_subject_alt_name, UnsafeMutableRawPointer(names), 0, 0) == 1 else {
                throw .openSSL("the alternative names could not be added")
            }
        }
        if let url = revocationListURL {
            guard !url.isEmpty, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw CryptoError(.parameter, "\(url) is no URL of a revocation list")
            }
            guard kcm_add_crl_url(certificate, url) == 1 else { throw .openSSL("the URL of the revocation list could not be added") }
        }
        return try finish(issuer.pointer, signingKey)
    }

    private func finish(_ issuer: OpaquePointer, _ key: PrivateKey) throws(CryptoError) -> Certificate {
        try finish(issuer, key.pointer, digest: key.isEd25519 ? nil : EVP_sha256())
    }

    /// Adds the key identifiers, signs, and parses the result.
    /// - Parameters:
    ///   - issuer: an `X509`, this one where it signs itself.
    ///   - digest: `nil` for keys that bring their own.
    func finish(_ issuer: OpaquePointer, _ key: OpaquePointer, digest: OpaquePointer?) throws(CryptoError) -> Certificate {
        // The issuer's identifier refers to the subject's where the certificate signs itself, so the order counts.
        try add(NID_subject_key_identifier, "hash", issuer)
        try add(NID_authority_key_identifier, "keyid:always", issuer)
        guard X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1,
            X509_sign(certificate, key, digest) > 0
        else { throw .openSSL("the certificate could not be signed") }
        // Parsed again: OpenSSL fills some of its caches only when it decodes.
        return try Certificate(der: X509Encoding.der(ofCertificate: certificate))
    }

    func add(_ nid: Int32, _ value: String, _ issuer: OpaquePointer) throws(CryptoError) {
        guard kcm_add_extension(certificate, issuer, nid, value) == 1 else { throw .openSSL("an extension could not be added") }
    }

    deinit { X509_free(certificate) }
}
