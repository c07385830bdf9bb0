internal import Glibc
internal import KCMCrypto

/// The certificates of a development folder: `ca.pem`, `ca.key`, `crl.pem`, and `NAME.pem` with `NAME.key` for each principal.
struct DevelopmentPKI {
    /// Of the CA and of what it issues where nothing else is said, in seconds: ten years, and one.
    private static let authorityLifetime: Int64 = 3650 * 86_400
    static let lifetime: Int64 = 365 * 86_400

    let folder: String
    private let authority: CertificateAuthority

    static var now: Int64 { Int64(time(nil)) }

    /// Makes a new CA with an empty revocation list.
    static func create(in folder: String) throws -> DevelopmentPKI {
        // A minute back, for hosts whose clocks differ.
        let authority = try CertificateAuthority.create(
            subject: [("O", "OpenKCM development"), ("CN", "OpenKCM development CA")],
            notBefore: now - 60,
            notAfter: now + authorityLifetime
        )
        try authority.write(certificateFile: folder + "/ca.pem", keyFile: folder + "/ca.key")
        let pki = DevelopmentPKI(folder: folder, authority: authority)
        try pki.writeRevocationList([])
        return pki
    }

    /// Opens the CA of a folder.
    static func open(_ folder: String) throws -> DevelopmentPKI {
        let authority = try CertificateAuthority(certificateFile: folder + "/ca.pem", keyFile: folder + "/ca.key")
        return DevelopmentPKI(folder: folder, authority: authority)
    }

    /// Issues a certificate and writes `NAME.pem` and `NAME.key`.
    func issue(
        _ name: String,
        organization: String,
        unit: String,
        alternativeNames: [String] = [],
        purposes: Set<CertificatePurpose>,
        notBefore: Int64? = nil,
        notAfter: Int64? = nil,
        revocationListURL: String? = nil,
        algorithm: PrivateKey.Algorithm = .p256
    ) throws {
        let issued = try authority.issue(
            CertificateRequest(
                subject: [("O", organization), ("OU", unit), ("CN", name)],
                subjectAlternativeNames: alternativeNames,
                purposes: purposes,
                notBefore: notBefore ?? min(Self.now - 60, (notAfter ?? .max) - 1),
                notAfter: notAfter ?? Self.now + Self.lifetime,
                revocationListURL: revocationListURL,
                algorithm: algorithm
            )
        )
        try issued.write(certificateFile: "\(folder)/\(name).pem", keyFile: "\(folder)/\(name).key")
    }

    /// The revoked serial numbers, as the list in the folder has them.
    func revoked() throws -> [String] { try RevocationList.load(file: folder + "/crl.pem").flatMap(\.revokedSerials) }

    /// Writes a new list.
    /// - Parameter nextUpdate: its end, seconds since 1970 UTC; `nil` makes it good for as long as the CA lives.
    func writeRevocationList(_ serials: [String], nextUpdate: Int64? = nil) throws {
        let end = nextUpdate ?? authority.certificate.notAfter
        let list = try authority.revocationList(
            revoking: serials,
            number: Self.now,
            thisUpdate: min(Self.now - 60, end - 1),
            nextUpdate: end
        )
        try list.write(pemFile: folder + "/crl.pem")
    }
}
