internal import KCMAccess
internal import KCMAudit

/// On whose behalf a request is done, after certificates and headers were looked at.
struct Caller: Sendable {
    /// Whose rights count.
    let principal: Principal
    /// The edge that passed the request on, whose rights count too.
    let via: Principal?
    /// The tenant whose objects are in reach.
    let tenant: String
    /// An edge that asks for itself, to seal: `tenant` is not its own.
    let isSealing: Bool
    /// The chain to pass on when an item is delegated.
    let chain: [[UInt8]]
}

extension AuditRecord.Actor {
    init(_ principal: Principal, tenant: String) {
        self.init(principal.certificate, tenant: tenant, service: principal.service, roles: principal.roles.map(\.rawValue).sorted())
    }

    init(_ identity: CertificateIdentity, tenant: String = "", service: String = "", roles: [String] = []) {
        self.init(
            tenant: tenant,
            service: service,
            roles: roles,
            subject: identity.subject,
            subjectAlternativeNames: identity.subjectAlternativeNames,
            issuer: identity.issuer,
            serial: identity.serial,
            fingerprint: identity.fingerprint
        )
    }
}
