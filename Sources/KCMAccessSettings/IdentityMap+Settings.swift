public import KCMAccess
public import KCMSettings

extension IdentityMap {
    /// The identity rules of a configuration.
    public init(_ settings: Settings) { self.init(rules: settings.identity.map(Self.rule)) }

    private static func rule(_ rule: KCMSettings.IdentityRule) -> KCMAccess.IdentityRule {
        KCMAccess.IdentityRule(
            subject: Dictionary(rule.match.subject.map { ($0.name, $0.pattern) }, uniquingKeysWith: { first, _ in first }),
            sanURI: rule.match.sanURI,
            sanDNS: rule.match.sanDNS,
            issuer: rule.match.issuer,
            tenant: rule.tenant,
            service: rule.service,
            roles: rule.roles,
            tenants: rule.tenants
        )
    }
}
