/// One rule that turns a certificate into a principal; the first that matches wins (design §4).
///
/// Patterns may hold `*`, which matches any run of characters but `/` in URIs and `.` in DNS names, and any run elsewhere. Templates may hold
/// `$O`, `$OU`, `$CN` … (subject fields) and `$1` … `$9` (what the stars of the SAN pattern matched, in order).
public struct IdentityRule: Sendable, Hashable {
    /// Subject fields that have to match, by key (`O`, `OU`, `CN`).
    public var subject: [String: String]
    /// A pattern that one of the URI SANs has to match (`spiffe://openkcm/*/*`).
    public var sanURI: String?
    /// A pattern that one of the DNS SANs has to match.
    public var sanDNS: String?
    /// A pattern that the issuer, in RFC 4514 form, has to match.
    public var issuer: String?
    /// Templates of what the principal becomes.
    public var tenant: String
    public var service: String
    public var roles: [String]
    /// For role `edge`: the tenants it may act for; `*` stands for all.
    public var tenants: [String]

    public init(
        subject: [String: String] = [:],
        sanURI: String? = nil,
        sanDNS: String? = nil,
        issuer: String? = nil,
        tenant: String,
        service: String,
        roles: [String],
        tenants: [String] = []
    ) {
        self.subject = subject
        self.sanURI = sanURI
        self.sanDNS = sanDNS
        self.issuer = issuer
        self.tenant = tenant
        self.service = service
        self.roles = roles
        self.tenants = tenants
    }

    /// The rules of the development PKI: `O` is the tenant, `OU` the role, `CN` the service; an edge may act for every tenant.
    public static let development: [IdentityRule] = [
        IdentityRule(subject: ["OU": "edge"], tenant: "$O", service: "$CN", roles: ["edge"], tenants: ["*"]),
        IdentityRule(tenant: "$O", service: "$CN", roles: ["$OU"]),
    ]
}
