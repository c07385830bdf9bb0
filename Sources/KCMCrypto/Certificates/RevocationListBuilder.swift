internal import CKCMShims
internal import COpenSSL

/// A revocation list in the making. One owner, one thread.
final class RevocationListBuilder {
    private let list: OpaquePointer
    private let issuer: Certificate

    init(issuer: Certificate) throws(CryptoError) {
        guard let list = X509_CRL_new() else { throw CryptoError(.memory, "no memory for a revocation list") }
        self.list = list
        self.issuer = issuer
        // 1 is version 2.
        guard X509_CRL_set_version(list, 1) == 1, X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.pointer)) == 1 else {
            throw .openSSL("the revocation list could not be made")
        }
    }

    func setTimes(_ thisUpdate: Int64, _ nextUpdate: Int64, number: Int64) throws(CryptoError) {
        let times = (this: try X509Encoding.time(thisUpdate), next: try X509Encoding.time(nextUpdate))
        defer {
            ASN1_TIME_free(times.this)
            ASN1_TIME_free(times.next)
        }
        let number = try X509Encoding.integer(withUnsafeBytes(of: number.bigEndian) { Array($0) })
        defer { ASN1_INTEGER_free(number) }
        guard X509_CRL_set1_lastUpdate(list, times.this) == 1, X509_CRL_set1_nextUpdate(list, times.next) == 1,
            X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0) == 1
        else { throw .openSSL("the revocation list could not be made") }
    }

    func revoke(_ serial: String, at time: Int64) throws(CryptoError) {
        guard let bytes = Hexadecimal.bytes(serial), !bytes.isEmpty else {
            throw CryptoError(.parameter, "\(serial) is no serial number in hexadecimal")
        }
        let number = try X509Encoding.integer(bytes)
        defer { ASN1_INTEGER_free(number) }
        let date = try X509Encoding.time(time)
        defer { ASN1_TIME_free(date) }
        guard let entry = X509_REVOKED_new() else { throw CryptoError(.memory, "no memory for a revocation list") }
        guard X509_REVOKED_set_serialNumber(entry, number) == 1, X509_REVOKED_set_revocationDate(entry, date) == 1,
            X509_CRL_add0_revoked(list, entry) == 1
        else {
            X509_REVOKED_free(entry)
            throw .openSSL("\(serial) could not be revoked")
        }
    }

    func finish(signingKey: PrivateKey) throws(CryptoError) -> RevocationList {
        guard kcm_add_crl_extension(list, issuer.pointer, NID_authority_key_identifier, "keyid:always") == 1,
            X509_CRL_sort(list) == 1, X509_CRL_sign(list, signingKey.pointer, signingKey.isEd25519 ? nil : EVP_sha256()) > 0
        else { throw .openSSL("the revocation list could not be signed") }
        // Parsed again: OpenSSL fills some of its caches only when it decodes.
        return try RevocationList(der: X509Encoding.der(ofList: list))
    }

    deinit { X509_CRL_free(list) }
}
