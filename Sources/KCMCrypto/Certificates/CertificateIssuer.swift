internal import COpenSSL

/// Issues certificates with the key of an authority that is held elsewhere. Keeps no record of what it issued.
public struct CertificateIssuer: Sendable {
    /// What a key may do by its certificate (RFC 5280 §4.2.1.3); an authority is not made here.
    public struct Usage: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let digitalSignature = Usage(rawValue: 1)
        public static let nonRepudiation = Usage(rawValue: 2)
        public static let keyEncipherment = Usage(rawValue: 4)
        public static let dataEncipherment = Usage(rawValue: 8)
        public static let keyAgreement = Usage(rawValue: 16)
    }

    public let certificate: Certificate
    private let key: AsymmetricKey

    /// - Throws: `CryptoError` `.certificate` where the certificate is no authority's, or the key is not its private key.
    public init(certificate: Certificate, key: AsymmetricKey) throws(CryptoError) {
        guard X509_check_ca(certificate.pointer) == 1 else { throw CryptoError(.certificate, "the certificate is not one of an authority") }
        guard key.isPrivate, X509_check_private_key(certificate.pointer, key.pointer) == 1 else {
            throw .openSSL("the key is not the certificate's", code: .certificate)
        }
        self.certificate = certificate
        self.key = key
    }

    /// Issues one, with a random serial number of 127 bits; SHA-256, or SHA-384 where the authority's key is stronger than that.
    /// - Parameters:
    ///   - notBefore: seconds since 1970 UTC, as is `notAfter`.
    /// - Throws: `CryptoError`: `.parameter` for times that are none of a certificate, `.failed`, `.memory`.
    public func issue(to subject: CertificateSubject, usage: Usage, notBefore: Int64, notAfter: Int64) throws(CryptoError) -> Certificate {
        let builder = try CertificateBuilder(name: subject.name, notBefore: notBefore, notAfter: notAfter, publicKey: subject.key.pointer)
        try builder.add(NID_basic_constraints, "critical,CA:FALSE", certificate.pointer)
        var words = ["critical"]
        if usage.contains(.digitalSignature) || usage.isEmpty { words.append("digitalSignature") }
        if usage.contains(.nonRepudiation) { words.append("nonRepudiation") }
        if usage.contains(.keyEncipherment) { words.append("keyEncipherment") }
        if usage.contains(.dataEncipherment) { words.append("dataEncipherment") }
        if usage.contains(.keyAgreement) { words.append("keyAgreement") }
        try builder.add(NID_key_usage, words.joined(separator: ","), certificate.pointer)
        if let names = subject.alternativeNames {
            guard X509_add1_ext_i2d(builder.certificate, NID_subject_alt_name, UnsafeMutableRawPointer(names), 0, 0) == 1 else {
                throw .openSSL("the alternative names could not be added")
            }
        }
        let strong = key.kind == .ec && key.bits > 256
        return try builder.finish(certificate.pointer, key.pointer, digest: strong ? EVP_sha384() : EVP_sha256())
    }
}
