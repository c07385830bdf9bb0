internal import CKCMShims
internal import COpenSSL

/// Distinguished names.
enum X509Name {
    /// RFC 4514 text.
    static func text(_ name: OpaquePointer?) throws(CryptoError) -> String {
        guard let name else { throw CryptoError(.certificate, "a name is missing") }
        let stream = try MemoryBIO()
        guard kcm_write_name(stream.pointer, name) >= 0 else { throw .openSSL("a name cannot be read", code: .certificate) }
        return stream.text()
    }

    /// Each attribute in the order of the encoding.
    static func fields(_ name: OpaquePointer?) throws(CryptoError) -> [(key: String, value: String)] {
        guard let name else { throw CryptoError(.certificate, "a name is missing") }
        var fields: [(key: String, value: String)] = []
        for index in 0..<X509_NAME_entry_count(name) {
            let entry = X509_NAME_get_entry(name, index)
            let key = keyText(X509_NAME_ENTRY_get_object(entry))
            fields.append((key, try value(X509_NAME_ENTRY_get_data(entry), key)))
        }
        return fields
    }

    private static func keyText(_ object: OpaquePointer?) -> String {
        let nid = OBJ_obj2nid(object)
        if nid != NID_undef, let name = OBJ_nid2sn(nid) { return String(cString: name) }
        var buffer = [CChar](repeating: 0, count: 128)
        let count = OBJ_obj2txt(&buffer, Int32(buffer.count), object, 1)
        guard count > 0 else { return "?" }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "?" }
    }

    private static func value(_ string: UnsafeMutablePointer<ASN1_STRING>?, _ key: String) throws(CryptoError) -> String {
        var start: UnsafeMutablePointer<UInt8>?
        let count = ASN1_STRING_to_UTF8(&start, string)
        guard count >= 0, let start else { throw .openSSL("the subject's \(key) is no text", code: .certificate) }
        defer { CRYPTO_free(start, nil, 0) }
        return try text(UnsafeBufferPointer(start: start, count: Int(count)), "the subject's \(key)")
    }

    /// UTF-8 without NUL.
    static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ what: String) throws(CryptoError) -> String {
        guard !bytes.contains(0) else { throw CryptoError(.certificate, "\(what) holds a NUL") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CryptoError(.certificate, "\(what) is not UTF-8") }
        return text
    }

    /// Builds a name out of short names or dotted identifiers and UTF-8 values; the caller's to free.
    static func make(_ fields: [(key: String, value: String)]) throws(CryptoError) -> OpaquePointer {
        guard let name = X509_NAME_new() else { throw CryptoError(.memory, "no memory for a name") }
        for (key, value) in fields {
            let bytes = Array(value.utf8)
            guard !bytes.isEmpty, !bytes.contains(0),
                X509_NAME_add_entry_by_txt(name, key, MBSTRING_FLAG | 0, bytes, Int32(bytes.count), -1, 0) == 1
            else {
                X509_NAME_free(name)
                throw .openSSL("\(key) cannot be a part of the subject", code: .parameter)
            }
        }
        return name
    }
}
