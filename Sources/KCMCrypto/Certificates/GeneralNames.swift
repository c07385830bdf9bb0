internal import COpenSSL
internal import Glibc

/// Alternative names (RFC 5280 §4.2.1.6) as `URI:…`, `DNS:…`, `IP:…` and `email:…`.
enum GeneralNames {
    static func subjectAlternativeNames(of certificate: OpaquePointer) throws(CryptoError) -> [String] {
        var status: Int32 = 0
        guard let extensionValue = X509_get_ext_d2i(certificate, NID_subject_alt_name, &status, nil) else {
            // -1: there is none; anything else is an extension twice, or one that cannot be parsed.
            guard status == -1 else { throw .openSSL("the subject alternative names cannot be parsed", code: .certificate) }
            return []
        }
        let names = OpaquePointer(extensionValue)
        defer { GENERAL_NAMES_free(names) }
        var texts: [String] = []
        for index in 0..<OPENSSL_sk_num(names) {
            guard let name = OPENSSL_sk_value(names, index)?.assumingMemoryBound(to: GENERAL_NAME.self).pointee else { continue }
            switch name.type {
            case GEN_URI: texts.append("URI:" + (try text(name.d.uniformResourceIdentifier)))
            case GEN_DNS: texts.append("DNS:" + (try text(name.d.dNSName)))
            case GEN_EMAIL: texts.append("email:" + (try text(name.d.rfc822Name)))
            case GEN_IPADD: texts.append("IP:" + (try address(name.d.iPAddress)))
            default: break
            }
        }
        return texts
    }

    private static func bytes(_ string: UnsafeMutablePointer<ASN1_STRING>?) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
    }

    private static func text(_ string: UnsafeMutablePointer<ASN1_STRING>?) throws(CryptoError) -> String {
        try X509Name.text(bytes(string), "a subject alternative name")
    }

    private static func address(_ string: UnsafeMutablePointer<ASN1_STRING>?) throws(CryptoError) -> String {
        let bytes = bytes(string)
        guard let family = [4: AF_INET, 16: AF_INET6][bytes.count] else {
            throw CryptoError(.certificate, "an IP address of \(bytes.count) bytes is among the subject alternative names")
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes.baseAddress, &text, socklen_t(text.count)) != nil else {
            throw CryptoError(.certificate, "an IP address among the subject alternative names cannot be shown")
        }
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    /// OpenSSL's list of names out of texts like those above; the caller's to free.
    static func make(_ texts: [String]) throws(CryptoError) -> OpaquePointer {
        guard let names = OPENSSL_sk_new_null() else { throw CryptoError(.memory, "no memory for alternative names") }
        for text in texts {
            let parts = text.split(separator: ":", maxSplits: 1)
            let types = ["URI": GEN_URI, "DNS": GEN_DNS, "IP": GEN_IPADD, "email": GEN_EMAIL]
            guard parts.count == 2, let type = types[String(parts[0])], !text.utf8.contains(0),
                let name = a2i_GENERAL_NAME(nil, nil, nil, type, String(parts[1]), 0)
            else {
                GENERAL_NAMES_free(names)
                throw .openSSL("\(text) is no alternative name; they look like URI:…, DNS:…, IP:… or email:…", code: .parameter)
            }
            guard OPENSSL_sk_push(names, name) > 0 else {
                GENERAL_NAME_free(name)
                GENERAL_NAMES_free(names)
                throw CryptoError(.memory, "no memory for alternative names")
            }
        }
        return names
    }
}
