/// One way to make a principal of a certificate. The first rule whose `match` fits wins.
///
/// The texts of `tenant`, `service`, `roles` and `tenants` may hold references: `$O`, `$OU`, `$CN` (and the other subject fields),
/// `$1` to `$9` (what the n-th `*` stood for, counted through the SAN URI and then the DNS name). A text is a reference or has none in it.
public struct IdentityRule: Sendable, Equatable {
    public let match: Match
    public let tenant: String
    public let service: String
    public let roles: [String]
    /// For role `edge` at Core: the tenants it may act for; `*` is all of them.
    public let tenants: [String]
    /// The configuration file and line, for logs and audit records; `built-in` for the default.
    public let origin: String

    public init(match: Match, tenant: String, service: String, roles: [String], tenants: [String], origin: String) {
        self.match = match
        self.tenant = tenant
        self.service = service
        self.roles = roles
        self.tenants = tenants
        self.origin = origin
    }

    /// What a certificate must have; every given part must fit. In each text `*` stands for any run of characters.
    public struct Match: Sendable, Equatable {
        /// Subject fields by their short name, in the order of the file.
        public let subject: [Field]
        /// A URI among the subject alternative names.
        public let sanURI: String?
        /// A DNS name among the subject alternative names.
        public let sanDNS: String?
        /// The issuer in RFC 4514 form.
        public let issuer: String?

        public init(subject: [Field] = [], sanURI: String? = nil, sanDNS: String? = nil, issuer: String? = nil) {
            self.subject = subject
            self.sanURI = sanURI
            self.sanDNS = sanDNS
            self.issuer = issuer
        }
    }

    /// A subject field and what its value must look like.
    public struct Field: Sendable, Equatable {
        /// `O`, `OU`, `CN`, `C`, `ST`, `L`, `DC`, `UID` or `serialNumber`.
        public let name: String
        public let pattern: String

        public init(name: String, pattern: String) {
            self.name = name
            self.pattern = pattern
        }
    }

    /// The rules of the development PKI, taken where the configuration has none: tenant from O, service from CN, role from OU, and
    /// every tenant for an edge.
    public static let developmentRules = [
        IdentityRule(
            match: Match(subject: [Field(name: "OU", pattern: "edge")]),
            tenant: "$O", service: "$CN", roles: ["$OU"], tenants: ["*"], origin: "built-in"
        ),
        IdentityRule(match: Match(), tenant: "$O", service: "$CN", roles: ["$OU"], tenants: [], origin: "built-in"),
    ]
}

extension IdentityRule.Match {
    /// How many `*` references can count.
    var stars: Int { ((sanURI ?? "") + (sanDNS ?? "")).count { $0 == "*" } }
}
