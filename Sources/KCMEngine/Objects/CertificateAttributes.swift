internal import KCMCrypto
internal import KMIP

/// The attributes that follow from a certificate's value (KMIP 1.4 §3.8 to §3.16).
enum CertificateAttributes {
    /// Sets them for a new object.
    /// - Throws: *Invalid Field* for an X.509 certificate that cannot be parsed, or where Certificate Type was sent and is another.
    static func set(_ attributes: inout AttributeSet, _ type: CertificateType, _ value: [UInt8]) throws(OperationFailure) {
        if let stated = attributes.enumeration(.certificateType, as: CertificateType.self), stated != type {
            throw OperationFailure(.invalidField, "Certificate Type differs between attribute and certificate")
        }
        attributes.set(.certificateType, .enumeration(type.rawValue))
        attributes.set(.certificateLength, .integer(Int32(clamping: value.count)))
        guard type == .x509 else { return }
        do throws(CryptoError) {
            let certificate = try Certificate(der: value)
            let issuer = try certificate.issuerDER()
            let subject = try certificate.subjectDER()
            attributes.set(
                .x509CertificateIdentifier,
                .structure([.init(.issuerDistinguishedName, .bytes(issuer)), .init(.certificateSerialNumber, .bytes(certificate.serialBytes))])
            )
            attributes.set(.x509CertificateSubject, .structure([.init(.subjectDistinguishedName, .bytes(subject))]))
            attributes.set(.x509CertificateIssuer, .structure([.init(.issuerDistinguishedName, .bytes(issuer))]))
            // KMIP 1.0 has these as text.
            attributes.set(
                .certificateIdentifier,
                .structure([.init(.issuer, .text(certificate.issuer)), .init(.serialNumber, .text(certificate.serial))])
            )
            attributes.set(.certificateSubject, .structure([.init(.certificateSubjectDistinguishedName, .text(certificate.subject))]))
            attributes.set(.certificateIssuer, .structure([.init(.certificateIssuerDistinguishedName, .text(certificate.issuer))]))
            if let algorithm = certificate.signatureAlgorithmName.flatMap({ signatureAlgorithms[$0] }) {
                attributes.set(.digitalSignatureAlgorithm, .enumeration(algorithm.rawValue))
            }
        } catch {
            throw OperationFailure(.invalidField, "The Certificate Value is not an X.509 certificate in DER")
        }
    }

    /// By OpenSSL's long names.
    private static let signatureAlgorithms: [String: DigitalSignatureAlgorithm] = [
        "md5WithRSAEncryption": .md5WithRSAEncryption,
        "sha1WithRSAEncryption": .sha1WithRSAEncryption,
        "sha224WithRSAEncryption": .sha224WithRSAEncryption,
        "sha256WithRSAEncryption": .sha256WithRSAEncryption,
        "sha384WithRSAEncryption": .sha384WithRSAEncryption,
        "sha512WithRSAEncryption": .sha512WithRSAEncryption,
        "rsassaPss": .rsassaPSS,
        "dsaWithSHA1": .dsaWithSHA1,
        "dsa_with_SHA224": .dsaWithSHA224,
        "dsa_with_SHA256": .dsaWithSHA256,
        "ecdsa-with-SHA1": .ecdsaWithSHA1,
        "ecdsa-with-SHA224": .ecdsaWithSHA224,
        "ecdsa-with-SHA256": .ecdsaWithSHA256,
        "ecdsa-with-SHA384": .ecdsaWithSHA384,
        "ecdsa-with-SHA512": .ecdsaWithSHA512,
    ]
}
