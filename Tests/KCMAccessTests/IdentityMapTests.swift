import KCMAccess
import Testing

/// From certificate to principal.
@Suite struct IdentityMapTests {
    private func facts(_ fields: [(String, String)], san: [String] = [], issuer: String = "CN=ca") -> IdentityMap.Facts {
        let identity = CertificateIdentity(subject: "s", subjectAlternativeNames: san, issuer: issuer, serial: "1", fingerprint: "f")
        return IdentityMap.Facts(identity: identity, subjectFields: fields.map { (key: $0.0, value: $0.1) })
    }

    @Test func theDevelopmentRules() throws {
        let map = IdentityMap()
        let service = try #require(map.principal(of: facts([("O", "acme"), ("OU", "service"), ("CN", "acme-app")])))
        #expect(service.tenant == "acme" && service.service == "acme-app" && service.roles == [.service])
        #expect(!service.assignedTenants.contains("acme"))
        let edge = try #require(map.principal(of: facts([("O", "openkcm"), ("OU", "edge"), ("CN", "edge")])))
        #expect(edge.roles == [.edge] && edge.assignedTenants.contains("globex"))
    }

    @Test(arguments: ["", "a b", "../x", ".hidden", "tenant/other", "x\n", String(repeating: "a", count: 65), "ä"])
    func aNameThatIsNotWellFormedGivesNoPrincipal(_ name: String) {
        #expect(IdentityMap().principal(of: facts([("O", name), ("OU", "service"), ("CN", "app")])) == nil)
        #expect(IdentityMap().principal(of: facts([("O", "acme"), ("OU", "service"), ("CN", name)])) == nil)
    }

    @Test func ofAFieldThatStandsTwiceTheFirstCounts() throws {
        let twice = try #require(
            IdentityMap().principal(of: facts([("O", "acme"), ("O", "globex"), ("OU", "service"), ("OU", "edge"), ("CN", "app")])))
        #expect(twice.tenant == "acme" && twice.roles == [.service] && twice.assignedTenants == .none)
    }

    @Test func tenantsAreAssignedToEdgesAlone() throws {
        let map = IdentityMap(rules: [IdentityRule(tenant: "$O", service: "$CN", roles: ["$OU"], tenants: ["globex"])])
        let service = try #require(map.principal(of: facts([("O", "acme"), ("OU", "service"), ("CN", "app")])))
        #expect(service.assignedTenants == .none)
        let edge = try #require(map.principal(of: facts([("O", "acme"), ("OU", "edge"), ("CN", "app")])))
        #expect(edge.assignedTenants.contains("globex") && !edge.assignedTenants.contains("acme"))
    }

    @Test func aMissingFieldGivesNoPrincipal() {
        #expect(IdentityMap().principal(of: facts([("OU", "service"), ("CN", "app")])) == nil)
    }

    @Test func starsCaptureAndDoNotCrossASlash() throws {
        let map = IdentityMap(rules: [
            IdentityRule(sanURI: "spiffe://kcm/*/svc/*", tenant: "$1", service: "$2", roles: ["service"]),
            IdentityRule(subject: ["CN": "adm-*"], issuer: "CN=c*", tenant: "ops", service: "$CN", roles: ["auditor"]),
        ])
        let first = try #require(map.principal(of: facts([], san: ["DNS:x", "URI:spiffe://kcm/acme/svc/pay"])))
        #expect(first.tenant == "acme" && first.service == "pay")
        #expect(map.principal(of: facts([], san: ["URI:spiffe://kcm/acme/globex/svc/pay"])) == nil)
        #expect(map.principal(of: facts([("CN", "adm-1")]))?.roles == [.auditor])
        #expect(map.principal(of: facts([("CN", "adm-1")], issuer: "CN=other")) == nil)
    }

    @Test func dnsNamesMapAndAStarStaysWithinALabel() throws {
        let map = IdentityMap(rules: [IdentityRule(sanDNS: "*.*.kcm.example", tenant: "$2", service: "$1", roles: ["service"])])
        let found = try #require(map.principal(of: facts([], san: ["URI:spiffe://x", "DNS:pay.acme.kcm.example"])))
        #expect(found.tenant == "acme" && found.service == "pay")
        #expect(map.principal(of: facts([], san: ["DNS:a.pay.acme.kcm.example"])) == nil)
        #expect(map.principal(of: facts([], san: ["URI:pay.acme.kcm.example", "DNS:pay.acme.kcm.example.evil"])) == nil)
        #expect(map.principal(of: facts([("CN", "pay.acme.kcm.example")])) == nil, "a Common Name is no DNS name")
    }

    @Test func theFirstRuleThatMatchesDecidesEvenWhereItGivesNothing() {
        let map = IdentityMap(rules: [
            IdentityRule(subject: ["OU": "guest"], tenant: "$L", service: "$CN", roles: ["service"]),
            IdentityRule(tenant: "$O", service: "$CN", roles: ["service"]),
        ])
        #expect(map.principal(of: facts([("O", "acme"), ("OU", "guest"), ("CN", "x")])) == nil)
        #expect(map.principal(of: facts([("O", "acme"), ("CN", "x")]))?.tenant == "acme")
    }
}
