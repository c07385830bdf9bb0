internal import COpenSSL

extension Certificate {
    /// The subject's distinguished name as DER.
    /// - Throws: `CryptoError` `.failed`.
    public func subjectDER() throws(CryptoError) -> [UInt8] { try X509Encoding.der(ofName: X509_get_subject_name(pointer)) }

    /// The issuer's distinguished name as DER.
    /// - Throws: `CryptoError` `.failed`.
    public func issuerDER() throws(CryptoError) -> [UInt8] { try X509Encoding.der(ofName: X509_get_issuer_name(pointer)) }

    /// The serial number's magnitude, big-endian.
    public var serialBytes: [UInt8] {
        guard let serial = X509_get0_serialNumber(pointer), let data = ASN1_STRING_get0_data(serial) else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(serial))))
    }

    /// The algorithm that it is signed with, by OpenSSL's long name: `sha256WithRSAEncryption`, `ecdsa-with-SHA256`, `ED25519`;
    /// `nil` for one that OpenSSL does not name.
    public var signatureAlgorithmName: String? {
        let nid = X509_get_signature_nid(pointer)
        guard nid != NID_undef, let name = OBJ_nid2ln(nid) else { return nil }
        return String(cString: name)
    }
}
