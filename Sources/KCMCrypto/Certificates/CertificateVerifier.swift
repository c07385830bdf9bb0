internal import COpenSSL
internal import Glibc

/// Verifies certificate chains against fixed trust anchors and revocation lists (RFC 5280 §6); to change those, make a new one.
///
/// Checks signatures, validity, basic constraints, path length, name constraints, key usage and extended key usage, and that no key
/// is weaker than 112 bits (RSA 2048, EC 224) and no signature rests on SHA-1. Safe to share among threads; a chain of two with a
/// revocation list takes some 0.35 ms of CPU and no I/O.
public final class CertificateVerifier: Sendable {
    /// How much of a chain must be vouched for by a revocation list, once there are lists.
    public enum RevocationScope: Sendable, Hashable {
        /// The leaf only.
        case leaf
        /// Every certificate: each issuer in the chain needs a current list.
        case chain
    }

    /// Longer chains are refused unread.
    public static let maximumChainLength = 10

    // Filled in the initialiser and only read afterwards; OpenSSL locks its caches.
    nonisolated(unsafe) private let store: OpaquePointer
    private let checkFlags: UInt
    private let requiresExtendedKeyUsage: Bool

    /// - Parameters:
    ///   - trust: the anchors, self-signed; at least one.
    ///   - revocation: where empty, revocation is not checked; else a certificate whose issuer has no current list is refused.
    ///   - requiresExtendedKeyUsage: refuses a leaf without the extension, which RFC 5280 reads as good for anything.
    /// - Throws: `CryptoError` `.certificate`.
    public init(
        trust: [Certificate],
        revocation: [RevocationList] = [],
        scope: RevocationScope = .chain,
        requiresExtendedKeyUsage: Bool = false
    ) throws(CryptoError) {
        guard !trust.isEmpty else { throw CryptoError(.certificate, "there is no trust anchor") }
        guard let store = X509_STORE_new() else { throw CryptoError(.memory, "no memory for trust anchors") }
        let added =
            trust.allSatisfy { X509_STORE_add_cert(store, $0.pointer) == 1 }
            && revocation.allSatisfy { X509_STORE_add_crl(store, $0.pointer) == 1 }
        guard added else {
            X509_STORE_free(store)
            throw .openSSL("a trust anchor or revocation list was not taken", code: .certificate)
        }
        self.store = store
        self.requiresExtendedKeyUsage = requiresExtendedKeyUsage
        checkFlags =
            switch (revocation.isEmpty, scope) {
            case (true, _): 0
            case (false, .leaf): UInt(X509_V_FLAG_CRL_CHECK)
            case (false, .chain): UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
            }
    }

    /// Verifies a chain as a peer sent it.
    /// - Parameters:
    ///   - chain: DER, leaf first; the rest in any order, whether or not it is of use.
    ///   - hostname: the DNS name or IP address that the leaf must be for; matched against alternative names only.
    ///   - time: seconds since 1970 UTC.
    /// - Returns: the verified chain, leaf first, without the anchor; only these may be believed.
    /// - Throws: `CryptoError` `.certificate`, saying which certificate failed and why.
    public func verify(
        chain: [[UInt8]],
        purpose: CertificatePurpose,
        hostname: String? = nil,
        at time: Int64
    ) throws(CryptoError) -> [Certificate] {
        guard !chain.isEmpty else { throw CryptoError(.certificate, "there is no certificate") }
        guard chain.count <= Self.maximumChainLength else {
            throw CryptoError(.certificate, "the chain has \(chain.count) certificates; \(Self.maximumChainLength) are taken")
        }
        var certificates: [Certificate] = []
        for der in chain { certificates.append(try Certificate(der: der)) }
        return try verify(certificates, purpose, hostname, time)
    }

    /// As ``verify(chain:purpose:hostname:at:)``, for certificates that are parsed already.
    public func verify(
        certificates: [Certificate],
        purpose: CertificatePurpose,
        hostname: String? = nil,
        at time: Int64
    ) throws(CryptoError) -> [Certificate] {
        guard (1...Self.maximumChainLength).contains(certificates.count) else {
            throw CryptoError(.certificate, "the chain has \(certificates.count) certificates; 1 to \(Self.maximumChainLength) are taken")
        }
        return try verify(certificates, purpose, hostname, time)
    }

    private func verify(
        _ certificates: [Certificate],
        _ purpose: CertificatePurpose,
        _ hostname: String?,
        _ time: Int64
    ) throws(CryptoError) -> [Certificate] {
        let leaf = certificates[0]
        // The stack borrows: `certificates` outlives the context.
        guard let untrusted = OPENSSL_sk_new_null(), let context = X509_STORE_CTX_new() else {
            throw CryptoError(.memory, "no memory to verify a certificate")
        }
        defer {
            X509_STORE_CTX_free(context)
            OPENSSL_sk_free(untrusted)
        }
        for certificate in certificates.dropFirst() { OPENSSL_sk_push(untrusted, UnsafeRawPointer(certificate.pointer)) }
        guard X509_STORE_CTX_init(context, store, leaf.pointer, untrusted) == 1,
            X509_STORE_CTX_set_purpose(context, purpose == .client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER) == 1,
            let parameters = X509_STORE_CTX_get0_param(context)
        else { throw .openSSL("the verification did not start") }
        X509_VERIFY_PARAM_set_time(parameters, time_t(time))
        X509_VERIFY_PARAM_set_depth(parameters, Int32(Self.maximumChainLength))
        // 2: 112 bits of security, for keys and for signatures.
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        if checkFlags != 0 { X509_VERIFY_PARAM_set_flags(parameters, checkFlags) }
        if let hostname { try Self.require(hostname, parameters) }
        let verified = withExtendedLifetime(certificates) { X509_verify_cert(context) == 1 }
        guard verified else { throw Self.failure(context, leaf) }
        if requiresExtendedKeyUsage { try Self.requireExtendedKeyUsage(of: leaf, purpose) }
        return try Self.chain(context)
    }

    private static func require(_ hostname: String, _ parameters: OpaquePointer) throws(CryptoError) {
        X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS) | UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        )
        var address = in6_addr()
        let isAddress = inet_pton(AF_INET, hostname, &address) == 1 || inet_pton(AF_INET6, hostname, &address) == 1
        let taken =
            !hostname.isEmpty && !hostname.utf8.contains(0)
            && (isAddress
                ? X509_VERIFY_PARAM_set1_ip_asc(parameters, hostname) == 1
                : X509_VERIFY_PARAM_set1_host(parameters, hostname, hostname.utf8.count) == 1)
        guard taken else { throw CryptoError(.parameter, "\(hostname) is neither a host name nor an address") }
    }

    private static func requireExtendedKeyUsage(of leaf: Certificate, _ purpose: CertificatePurpose) throws(CryptoError) {
        let usage = X509_get_extended_key_usage(leaf.pointer)
        let needed = purpose == .client ? UInt32(XKU_SSL_CLIENT) : UInt32(XKU_SSL_SERVER)
        guard usage != UInt32.max, usage & needed != 0 else {
            let name = purpose == .client ? "clientAuth" : "serverAuth"
            throw CryptoError(.certificate, "certificate \(leaf.subject): the extended key usage lacks \(name)")
        }
    }

    private static func failure(_ context: OpaquePointer, _ leaf: Certificate) -> CryptoError {
        let text = X509_verify_cert_error_string(Int(X509_STORE_CTX_get_error(context)))
        let reason = text.map { String(cString: $0) } ?? "it does not verify"
        ERR_clear_error()
        var subject = leaf.subject
        if let current = X509_STORE_CTX_get_current_cert(context),
            let text = try? X509Name.text(X509_get_subject_name(current))
        {
            subject = text
        }
        return CryptoError(.certificate, "certificate \(subject): \(reason)")
    }

    private static func chain(_ context: OpaquePointer) throws(CryptoError) -> [Certificate] {
        let chain = X509_STORE_CTX_get0_chain(context)
        let count = OPENSSL_sk_num(chain)
        var verified: [Certificate] = []
        // The last is the anchor; a chain of one is an anchor that vouches for itself.
        for index in 0..<max(count - 1, 1) {
            guard let certificate = OPENSSL_sk_value(chain, index).map({ OpaquePointer($0) }) else { break }
            X509_up_ref(certificate)
            verified.append(try Certificate(adopting: certificate))
        }
        return verified
    }

    deinit { X509_STORE_free(store) }
}
