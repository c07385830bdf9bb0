import KCMAccess
import KMIP
import Testing

/// The built-in roles as a table: what each may do, at which level, on which way in. All else is refused.
@Suite struct PolicyTests {
    private static let lifecycle: Set<KMIP.Operation> = [
        .create, .register, .locate, .check, .getAttributes, .getAttributeList, .addAttribute, .modifyAttribute, .deleteAttribute, .obtainLease,
        .getUsageAllocation, .activate, .revoke, .destroy, .archive, .recover,
    ]
    private static let use: Set<KMIP.Operation> = [.encrypt, .decrypt]
    private static let keyless: Set<KMIP.Operation> = [.hash, .rngRetrieve, .rngSeed]
    private static let services = use.union(keyless).union([.sign, .signatureVerify, .mac, .macVerify])
    private static let look: Set<KMIP.Operation> = [.locate, .getAttributes, .getAttributeList]

    private struct Row {
        let role: Role
        let level: Policy.Level
        let scope: Policy.Scope
        let allowed: Set<KMIP.Operation>
    }

    private static let rows: [Row] = [
        Row(role: .service, level: .l4, scope: .edge, allowed: lifecycle.union(services).union([.get])),
        Row(role: .service, level: .l3, scope: .edge, allowed: use),
        Row(role: .service, level: .l3, scope: .corePropagated, allowed: use),
        Row(role: .tenantAdmin, level: .l3, scope: .coreDirect, allowed: lifecycle.union(services).union([.get])),
        Row(role: .tenantAdmin, level: .l2, scope: .coreDirect, allowed: lifecycle.union(services).union([.get])),
        Row(role: .edge, level: .l3, scope: .coreDirect, allowed: use.union([.locate])),
        Row(role: .auditor, level: .l4, scope: .edge, allowed: look),
        Row(role: .auditor, level: .l3, scope: .coreDirect, allowed: look),
        Row(role: .auditor, level: .l2, scope: .coreDirect, allowed: look),
    ]

    @Test func theTableHoldsAndNothingElse() {
        let policy = Policy()
        let operations: Set<KMIP.Operation> = Self.lifecycle.union(Self.services).union([.get, .put, .notify, .import, .export])
        for role in [Role.service, .tenantAdmin, .edge, .auditor, Role(rawValue: "core"), Role(rawValue: "nobody")] {
            for level in [Policy.Level.l2, .l3, .l4] {
                for scope in [Policy.Scope.edge, .coreDirect, .corePropagated] {
                    let row = Self.rows.first { $0.role == role && $0.level == level && $0.scope == scope }
                    for operation in operations {
                        let decision = policy.decide([role], operation, level: level, in: scope)
                        #expect(decision.isAllowed == (row?.allowed.contains(operation) ?? false), "\(role) \(operation) \(level) \(scope)")
                        #expect(decision.isAllowed || decision.rule == "default-deny")
                    }
                }
            }
        }
    }

    @Test func cryptographyWithoutAKeyIsForWhoeverMayEncrypt() {
        let policy = Policy()
        for operation in Self.keyless {
            #expect(policy.decide([.service], operation, level: nil, in: .edge).isAllowed)
            #expect(policy.decide([.tenantAdmin], operation, level: nil, in: .coreDirect).isAllowed)
            #expect(!policy.decide([.service], operation, level: nil, in: .corePropagated).isAllowed)
            #expect(!policy.decide([.auditor], operation, level: nil, in: .edge).isAllowed)
            #expect(!policy.decide([.edge], operation, level: nil, in: .coreDirect).isAllowed)
        }
        #expect(policy.decide([.auditor], .query, level: nil, in: .edge).isAllowed)
    }
}
