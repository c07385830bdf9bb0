/// The sections that are lists of mappings; these have no environment variables.
extension Settings {
    static func identity(_ root: Section, _ reader: inout SettingsReader) -> [IdentityRule] {
        guard let items = list("identity", root, &reader) else { return IdentityRule.developmentRules }
        if items.isEmpty {
            reader.fail(.invalid, reader.origin(root["identity"]?.line ?? 1), "identity is an empty list, expected at least one rule")
        }
        return items.map { section in
            _ = reader.checked(section, keys: ["match", "tenant", "service", "roles", "tenants"])
            let roles = reader.texts("roles", in: section).map(\.string)
            if roles.isEmpty, !reader.isPresent("roles", in: section) { reader.missing("roles", in: section, expected: "a list such as [service]") }
            let match = Self.match(section, &reader)
            let tenant = reader.required("tenant", in: section, expected: "a tenant or a reference such as $O")
            let service = reader.required("service", in: section, expected: "a name or a reference such as $CN")
            for (key, text) in [("tenant", tenant), ("service", service)] + roles.map({ ("roles", $0) }) where !text.isEmpty {
                guard let problem = Self.problem(text, stars: match.stars) else { continue }
                reader.fail(.invalid, reader.origin(section[key]?.line ?? section.line), "\(section.dotted(key)) is '\(text)', \(problem)")
            }
            return IdentityRule(
                match: match,
                tenant: tenant,
                service: service,
                roles: roles,
                tenants: reader.texts("tenants", in: section).map(\.string),
                origin: reader.origin(section.line)
            )
        }
    }

    static let subjectFields = ["O", "OU", "CN", "C", "ST", "L", "DC", "UID", "serialNumber"]

    /// What is wrong with a text that tenant, service or role is made of; `nil` where it can give one.
    private static func problem(_ text: String, stars: Int) -> String? {
        guard text.hasPrefix("$") else {
            return isName(text) && !text.hasPrefix(".")
                ? nil : "expected 1 to 64 characters of A-Z a-z 0-9 . _ -, not a dot first, or a reference such as $O"
        }
        let key = String(text.dropFirst())
        if let number = Int(key) {
            return (1...9).contains(number) && number <= stars ? nil : "and the rule's SAN patterns have \(stars) '*' to refer to"
        }
        return subjectFields.contains(key)
            ? nil : "expected a reference to one of \(subjectFields.map { "$" + $0 }.joined(separator: ", ")), or $1 to $9"
    }

    private static func match(_ rule: Section, _ reader: inout SettingsReader) -> IdentityRule.Match {
        let section = reader.section("match", in: rule, keys: ["subject", "san_uri", "san_dns", "issuer"])
        let subject = reader.section("subject", in: section, keys: subjectFields)
        return IdentityRule.Match(
            subject: subject.entries.compactMap { entry in
                reader.text(entry.key, in: subject).map { IdentityRule.Field(name: entry.key, pattern: $0.string) }
            },
            sanURI: reader.text("san_uri", in: section)?.string,
            sanDNS: reader.text("san_dns", in: section)?.string,
            issuer: reader.text("issuer", in: section)?.string
        )
    }

    static func provision(_ root: Section, _ reader: inout SettingsReader) -> [Provision] {
        (list("provision", root, &reader) ?? []).map { section in
            _ = reader.checked(section, keys: ["tenant", "key"])
            let tenant = reader.required("tenant", in: section, expected: "a tenant")
            if !tenant.isEmpty, !isName(tenant) {
                reader.fail(
                    .invalid, reader.origin(section["tenant"]?.line ?? section.line),
                    "\(section.dotted("tenant")) is '\(tenant)', expected 1 to 64 characters of A-Z a-z 0-9 . _ -")
            }
            return Provision(tenant: tenant, key: reader.required("key", in: section, expected: "the Name of an L3 key"))
        }
    }

    /// A list of mappings; `nil` where the key is absent.
    private static func list(_ key: String, _ root: Section, _ reader: inout SettingsReader) -> [Section]? {
        switch root[key] {
        case nil:
            return nil
        case .sequence(let items, _)?:
            return items.enumerated().compactMap { index, item in
                if case .mapping(let entries, let line) = item { return Section(path: ["\(key)[\(index + 1)]"], entries: entries, line: line) }
                reader.fail(.invalid, reader.origin(item.line), "\(key) lists \(item.kind), expected mappings")
                return nil
            }
        case let other?:
            reader.fail(.invalid, reader.origin(other.line), "\(key) holds \(other.kind), expected a list")
            return nil
        }
    }
}
