internal import CKCMShims
internal import COpenSSL
internal import Glibc

/// Values of a certificate or list, out of OpenSSL's types.
enum X509Encoding {
    static func der(ofCertificate certificate: OpaquePointer) throws(CryptoError) -> [UInt8] {
        try bytes { i2d_X509(certificate, &$0) }
    }

    static func der(ofList list: OpaquePointer) throws(CryptoError) -> [UInt8] {
        try bytes { i2d_X509_CRL(list, &$0) }
    }

    static func der(ofName name: OpaquePointer?) throws(CryptoError) -> [UInt8] {
        try bytes { i2d_X509_NAME(name, &$0) }
    }

    private static func bytes(_ encode: (inout UnsafeMutablePointer<UInt8>?) -> Int32) throws(CryptoError) -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        let count = encode(&start)
        guard count > 0, let start else { throw .openSSL("the encoding could not be made") }
        defer { CRYPTO_free(start, nil, 0) }
        return Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    /// An INTEGER's magnitude as lower-case hex digits, `-` before a negative one, which RFC 5280 forbids and some issue.
    static func hexadecimal(_ integer: UnsafePointer<ASN1_INTEGER>?) throws(CryptoError) -> String {
        guard let integer, let data = ASN1_STRING_get0_data(integer) else {
            throw CryptoError(.certificate, "the serial number is missing")
        }
        let digits = Hexadecimal.text(UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(integer))))
        let unsigned = digits.isEmpty ? "00" : digits
        return ASN1_STRING_type(integer) & V_ASN1_NEG != 0 ? "-\(unsigned)" : unsigned
    }

    /// A non-negative INTEGER out of big-endian bytes; the caller's to free.
    static func integer(_ bytes: [UInt8]) throws(CryptoError) -> UnsafeMutablePointer<ASN1_INTEGER> {
        guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { throw .openSSL("the number could not be made") }
        defer { BN_free(number) }
        guard let integer = BN_to_ASN1_INTEGER(number, nil) else { throw .openSSL("the number could not be made") }
        return integer
    }

    /// Seconds since 1970 UTC.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) throws(CryptoError) -> Int64 {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else {
            throw .openSSL("a time cannot be read", code: .certificate)
        }
        return Int64(timegm(&parts))
    }

    /// An OpenSSL time of the caller's to free.
    static func time(_ seconds: Int64) throws(CryptoError) -> UnsafeMutablePointer<ASN1_TIME> {
        guard let time = ASN1_TIME_set(nil, time_t(seconds)) else {
            throw .openSSL("\(seconds) is no time of a certificate", code: .parameter)
        }
        return time
    }
}

/// The end of a PEM file, which OpenSSL reports as an error.
enum PEMEnd {
    /// Whether the last error says that no further PEM block starts; empties the error queue then.
    static func isReached() -> Bool {
        let error = ERR_peek_last_error()
        guard ERR_GET_LIB(error) == ERR_LIB_PEM, ERR_GET_REASON(error) == PEM_R_NO_START_LINE else { return false }
        ERR_clear_error()
        return true
    }
}
