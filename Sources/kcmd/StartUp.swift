internal import KCMAccess
internal import KCMPluginHost
internal import KCMServer
internal import KCMSettings
internal import Logging

/// A configuration that this version cannot honour: refused rather than ignored.
struct Unserved: Error, CustomStringConvertible {
    let description: String
}

/// The steps that `--check` and a real start have in common.
enum StartUp {
    static func refuseUnserved(_ settings: Settings) throws {
        guard settings.policy == .builtIn else {
            throw Unserved(description: "policy: own policies are not served yet; remove the key to use the built-in roles")
        }
    }

    static func trust(_ settings: Settings) throws -> TrustSource {
        try TrustSource(
            files: TrustFiles(
                certificate: settings.tls.certificate,
                key: settings.tls.key,
                trust: settings.tls.trust,
                revocation: settings.tls.crl
            ),
            identities: identities(settings)
        )
    }

    static func identities(_ settings: Settings) -> IdentityMap { IdentityMap(rules: settings.identity.map(rule)) }

    private static func rule(_ rule: KCMSettings.IdentityRule) -> KCMAccess.IdentityRule {
        KCMAccess.IdentityRule(
            subject: Dictionary(rule.match.subject.map { ($0.name, $0.pattern) }, uniquingKeysWith: { first, _ in first }),
            sanURI: rule.match.sanURI,
            issuer: rule.match.issuer,
            tenant: rule.tenant,
            service: rule.service,
            roles: rule.roles,
            tenants: rule.tenants
        )
    }

    static func library(_ plugin: Settings.Plugin, _ settings: Settings) throws -> PluginLibrary {
        try PluginLibrary.load(plugin.plugin, searchPath: .standard(first: settings.plugins.path))
    }

    static func store(_ settings: Settings, _ logger: Logger) throws -> PluginStore {
        try PluginStore(
            try library(settings.keystore, settings),
            settings: dictionary(settings.keystore),
            logger: logger,
            deadline: settings.plugins.timeout
        )
    }

    static func root(_ plugin: Settings.Plugin, _ settings: Settings, _ logger: Logger) throws -> PluginRootOfTrust {
        try PluginRootOfTrust(
            try library(plugin, settings),
            settings: dictionary(plugin),
            logger: logger,
            deadline: settings.plugins.timeout
        )
    }

    private static func dictionary(_ plugin: Settings.Plugin) -> [String: String] {
        Dictionary(plugin.settings.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}
