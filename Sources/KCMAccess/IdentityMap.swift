/// Maps verified certificates to principals by rules. A plain value; decides, and touches nothing.
public struct IdentityMap: Sendable {
    private let rules: [IdentityRule]

    public init(rules: [IdentityRule] = IdentityRule.development) { self.rules = rules }

    /// What a rule may look at.
    public struct Facts: Sendable {
        public var identity: CertificateIdentity
        /// Subject fields in the order of the certificate; a key may stand more than once, the first counts.
        public var subjectFields: [(key: String, value: String)]

        public init(identity: CertificateIdentity, subjectFields: [(key: String, value: String)]) {
            self.identity = identity
            self.subjectFields = subjectFields
        }
    }

    /// The principal of a certificate.
    /// - Returns: `nil` where no rule matches, or the rule that does would give a tenant, service or role that is not well-formed.
    public func principal(of facts: Facts) -> Principal? {
        for rule in rules {
            guard let captures = match(rule, facts) else { continue }
            guard let tenant = fill(rule.tenant, facts, captures), Self.isWellFormed(tenant),
                let service = fill(rule.service, facts, captures), Self.isWellFormed(service)
            else { return nil }
            var roles: Set<Role> = []
            for template in rule.roles {
                guard let role = fill(template, facts, captures), Self.isWellFormed(role) else { return nil }
                roles.insert(Role(rawValue: role))
            }
            let assigned: AssignedTenants =
                !roles.contains(.edge) || rule.tenants.isEmpty ? .none : rule.tenants.contains("*") ? .all : .some(Set(rule.tenants))
            return Principal(tenant: tenant, service: service, roles: roles, assignedTenants: assigned, certificate: facts.identity)
        }
        return nil
    }

    /// 1 to 64 characters of `A-Z a-z 0-9 . _ -`, not starting with a dot: fit for stores, logs and file names.
    public static func isWellFormed(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), name.utf8.first != UInt8(ascii: ".") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// What the stars of the SAN pattern matched; `nil` where the rule does not match.
    private func match(_ rule: IdentityRule, _ facts: Facts) -> [String]? {
        for (key, pattern) in rule.subject {
            // The first of a key counts, here as in the templates: a second OU must not add a role to what the first one says.
            guard let field = facts.subjectFields.first(where: { $0.key == key }), Pattern.match(pattern, field.value, separator: nil) != nil
            else { return nil }
        }
        if let issuer = rule.issuer, Pattern.match(issuer, facts.identity.issuer, separator: nil) == nil { return nil }
        var captures: [String] = []
        for (pattern, prefix, separator) in [(rule.sanURI, "URI:", Character("/") as Character?), (rule.sanDNS, "DNS:", ".")] {
            guard let pattern else { continue }
            let names = facts.identity.subjectAlternativeNames.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            guard let found = names.lazy.compactMap({ Pattern.match(pattern, $0, separator: separator) }).first else { return nil }
            captures += found
        }
        return captures
    }

    private func fill(_ template: String, _ facts: Facts, _ captures: [String]) -> String? {
        guard template.hasPrefix("$") else { return template }
        let key = String(template.dropFirst())
        if let number = Int(key) { return captures.indices.contains(number - 1) ? captures[number - 1] : nil }
        return facts.subjectFields.first { $0.key == key }?.value
    }
}

/// Texts with `*` in them.
enum Pattern {
    /// Matches the whole text. A star takes the shortest run that lets the rest match, and never crosses `separator`.
    /// - Returns: what the stars took, in order; `nil` where the text does not match.
    static func match(_ pattern: String, _ text: String, separator: Character?) -> [String]? {
        match(Array(pattern)[...], Array(text)[...], separator)
    }

    private static func match(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>, _ separator: Character?) -> [String]? {
        guard let first = pattern.first else { return text.isEmpty ? [] : nil }
        guard first == "*" else {
            guard text.first == first else { return nil }
            return match(pattern.dropFirst(), text.dropFirst(), separator)
        }
        var end = text.startIndex
        while true {
            if let rest = match(pattern.dropFirst(), text[end...], separator) { return [String(text[text.startIndex..<end])] + rest }
            guard end < text.endIndex, text[end] != separator else { return nil }
            end += 1
        }
    }
}
