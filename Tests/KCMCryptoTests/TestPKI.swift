@testable import KCMCrypto

/// A root, made new for each test, and a fixed present.
struct TestPKI {
    /// 2026-06-01T00:00:00Z.
    static let now: Int64 = 1_780_272_000
    static let day: Int64 = 86_400

    let root: CertificateAuthority

    init(name: String = "Test Root") throws {
        root = try CertificateAuthority.create(
            subject: [("O", "OpenKCM"), ("CN", name)], notBefore: Self.now - 10 * Self.day, notAfter: Self.now + 10 * Self.day
        )
    }

    /// A leaf that is valid for a day either side of now, changed by `change`.
    func issue(
        by authority: CertificateAuthority? = nil,
        _ change: (inout CertificateRequest) -> Void = { _ in }
    ) throws -> IssuedCertificate {
        var request = CertificateRequest(
            subject: [("O", "acme"), ("OU", "service"), ("CN", "acme-app")],
            subjectAlternativeNames: ["URI:spiffe://acme/app", "DNS:app.acme.test", "IP:127.0.0.1", "IP:::1"],
            purposes: [.client],
            notBefore: Self.now - Self.day,
            notAfter: Self.now + Self.day
        )
        change(&request)
        return try (authority ?? root).issue(request)
    }

    func list(_ serials: [String], by authority: CertificateAuthority? = nil, until: Int64 = now + day) throws -> RevocationList {
        try (authority ?? root).revocationList(revoking: serials, number: 1, thisUpdate: Self.now - Self.day, nextUpdate: until)
    }
}
