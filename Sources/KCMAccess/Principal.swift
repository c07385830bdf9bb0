/// Who asks: everything the daemon knows of a caller, from its certificate and nothing else.
public struct Principal: Sendable, Hashable {
    /// The tenant whose objects this principal can reach. 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    public let tenant: String
    /// The service's name inside its tenant.
    public let service: String
    /// What the policy grants by.
    public let roles: Set<Role>
    /// For role `edge` at Core: the tenants this edge may serve. Empty for anyone else.
    public let assignedTenants: AssignedTenants
    /// The certificate that said so, for audit records.
    public let certificate: CertificateIdentity

    public init(
        tenant: String,
        service: String,
        roles: Set<Role>,
        assignedTenants: AssignedTenants = .none,
        certificate: CertificateIdentity
    ) {
        self.tenant = tenant
        self.service = service
        self.roles = roles
        self.assignedTenants = assignedTenants
        self.certificate = certificate
    }
}

/// The tenants an edge may act for.
public enum AssignedTenants: Sendable, Hashable {
    case none
    case all
    case some(Set<String>)

    /// Whether the edge may act for this tenant.
    public func contains(_ tenant: String) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .some(let tenants): tenants.contains(tenant)
        }
    }
}

/// A role's name as the identity mapping gives it and the policy reads it.
public struct Role: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    /// Uses L4 objects, and L3 keys for Encrypt and Decrypt through Edge.
    public static let service = Role(rawValue: "service")
    /// Holds the lifecycle of the L2 and L3 keys of its own tenant.
    public static let tenantAdmin = Role(rawValue: "tenant-admin")
    /// An Edge at Core: Encrypt and Decrypt with L3 for the tenants it is assigned.
    public static let edge = Role(rawValue: "edge")
    /// Sees that objects exist and their attributes; uses none.
    public static let auditor = Role(rawValue: "auditor")
}

/// What an audit record says of a certificate. All strings are printable; none is secret.
public struct CertificateIdentity: Sendable, Hashable {
    /// RFC 4514 form, most specific first: `CN=acme-app,OU=service,O=acme`.
    public let subject: String
    /// Subject alternative names as `URI:…`, `DNS:…`, `IP:…`, `email:…`.
    public let subjectAlternativeNames: [String]
    /// RFC 4514 form.
    public let issuer: String
    /// Lower-case hex, no separators.
    public let serial: String
    /// SHA-256 of the DER, lower-case hex.
    public let fingerprint: String

    public init(subject: String, subjectAlternativeNames: [String], issuer: String, serial: String, fingerprint: String) {
        self.subject = subject
        self.subjectAlternativeNames = subjectAlternativeNames
        self.issuer = issuer
        self.serial = serial
        self.fingerprint = fingerprint
    }
}
