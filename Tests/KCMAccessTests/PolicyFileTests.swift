import KCMAccess
import KCMAccessSettings
import KCMSettings
import KMIP
import Testing

/// From a policy file to decisions, and what a file may not say.
@Suite struct PolicyFileTests {
    private func policy(_ yaml: String) throws -> Policy { try Policy(.inline(yaml: yaml, origin: "kcm.yaml:1")) }

    private func errors(_ yaml: String) -> [String] {
        do {
            _ = try policy(yaml)
            return []
        } catch { return (error as? SettingsErrors)?.errors.map(\.description) ?? ["\(error)"] }
    }

    @Test func aFileGrantsWhatItSaysAndNothingElse() throws {
        let policy = try policy(
            """
            roles:
              reader:
                - operations: [Locate, GetAttributes]
                  levels: [L4]
              orders:
                - {operations: "*", levels: L4, scopes: [edge], types: [SymmetricKey], names: [orders-, old-orders-*]}
                - {operations: [Encrypt], levels: [L3], scopes: [core-via-edge]}
            """)
        let reader = policy.decide([Role(rawValue: "reader")], .locate, level: .l4, in: .edge)
        #expect(reader.isAllowed && reader.rule == "kcm.yaml:3" && reader.restrictions.isEmpty)
        #expect(!policy.decide([Role(rawValue: "reader")], .get, level: .l4, in: .edge).isAllowed)
        #expect(!policy.decide([Role(rawValue: "reader")], .locate, level: .l3, in: .edge).isAllowed)
        let orders = Role(rawValue: "orders")
        let decision = policy.decide([orders], .destroy, level: .l4, in: .edge)
        #expect(decision.rule == "kcm.yaml:6")
        #expect(decision.permits(type: .symmetricKey, names: ["orders-1"]) && decision.permits(type: .symmetricKey, names: ["old-orders-1"]))
        #expect(!decision.permits(type: .secretData, names: ["orders-1"]) && !decision.permits(type: .symmetricKey, names: []))
        #expect(!decision.permits(type: .symmetricKey, names: ["orders-1", "payroll"]) && !decision.permits(type: nil, names: ["orders-1"]))
        #expect(policy.decide([orders], .encrypt, level: .l3, in: .corePropagated).isAllowed)
        #expect(!policy.decide([orders], .encrypt, level: .l3, in: .coreDirect).isAllowed)
        #expect(!policy.decide([.service], .create, level: .l4, in: .edge).isAllowed, "the built-in roles are gone")
        #expect(policy.decide([.service], .query, level: nil, in: .edge).isAllowed)
    }

    @Test func theBuiltInRolesStayWhereTheFileSaysSo() throws {
        let extended = try policy("extends: built-in\nroles:\n  x:\n    - {operations: [Get], levels: [L4]}")
        #expect(extended.decide([.service], .create, level: .l4, in: .edge).rule == "service-l4")
        #expect(extended.decide([Role(rawValue: "x")], .get, level: .l4, in: .edge).rule == "kcm.yaml:4")
        #expect(try policy("extends: built-in").rules == Policy.builtIn)
    }

    @Test func anUnrestrictedRuleOutweighsARestrictedOne() throws {
        let both = try policy(
            """
            roles:
              a:
                - {operations: [Get], levels: [L4], names: [a-]}
              b:
                - {operations: [Get], levels: [L4], names: [b-]}
              c:
                - {operations: [Get], levels: [L4]}
            """)
        func decide(_ roles: String...) -> Policy.Decision { both.decide(Set(roles.map { Role(rawValue: $0) }), .get, level: .l4, in: .edge) }
        #expect(decide("a", "c").restrictions.isEmpty && decide("a", "c").rule == "kcm.yaml:7")
        #expect(decide("a", "b").permits(type: nil, names: ["b-1"]) && decide("a", "b").rule == "kcm.yaml:3, kcm.yaml:5")
        #expect(!decide("a", "b").permits(type: nil, names: ["a-1", "b-1"]), "one rule has to allow all of it")
    }

    @Test(arguments: [
        ("roles:\n  x:\n    - {operations: [Encript], levels: [L4]}", "kcm.yaml:3: roles.x[1].operations names 'Encript', did you mean 'Encrypt'?"),
        ("roles:\n  x:\n    - {operations: [Get], levels: [L5]}", "kcm.yaml:3: roles.x[1].levels names 'L5', did you mean 'L2'?"),
        (
            "roles:\n  x:\n    - {operations: [Get], levels: [L4], type: [SymmetricKey]}",
            "kcm.yaml:3: unknown key 'type' in roles.x[1], did you mean 'types'?"
        ),
        (
            "roles:\n  x:\n    - {operations: [Get], levels: [L4], types: [Symmetrickey]}",
            "kcm.yaml:3: roles.x[1].types names 'Symmetrickey', did you mean 'SymmetricKey'?"
        ),
        (
            "roles:\n  x:\n    - {operations: [Get], levels: [L4], names: []}",
            "kcm.yaml:3: roles.x[1].names lists nothing, expected what names start with"
        ),
        ("roles:\n  x:\n    - {operations: [Get], levels: [L4], types: []}", "kcm.yaml:3: roles.x[1].types is an empty list"),
        (
            "roles:\n  x:\n    - {levels: [L4]}",
            "kcm.yaml:3: roles.x[1].operations is missing, expected a list such as [Create, CreateKeyPair], or \"*\""
        ),
        ("roles:\n  x: [Get]", "kcm.yaml:2: roles.x lists a value, expected grants, each with 'operations' and 'levels'"),
        ("roles:\n  x: []", "kcm.yaml:2: roles.x holds an empty list, expected a list of grants, each with 'operations' and 'levels'"),
        ("role:\n  x: []", "kcm.yaml:1: unknown key 'role', did you mean 'roles'?"),
        ("extends: builtin", "kcm.yaml:1: extends is 'builtin', expected built-in, or no such key"),
        ("{}", "kcm.yaml:1: the policy grants nothing to anyone, expected 'roles:', or 'extends: built-in'"),
        ("- a", "kcm.yaml:1: the policy holds a list, expected a mapping with 'roles:'"),
    ])
    func whatIsWrongIsNamedWithItsLine(_ yaml: String, _ message: String) { #expect(errors(yaml).first == message) }

    @Test func allErrorsAreReportedAtOnce() {
        #expect(errors("roles:\n  x:\n    - {operations: [Gett], levels: [L9]}\n  y:\n    - {operations: [Get]}").count == 3)
    }
}
