internal import KCMAccess
internal import KCMAccessSettings
internal import KCMCrypto
internal import KCMEngine
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
    static func trust(_ settings: Settings) throws -> TrustSource {
        try TrustSource(
            files: TrustFiles(
                certificate: settings.tls.certificate,
                key: settings.tls.key,
                trust: settings.tls.trust,
                revocation: settings.tls.crl
            ),
            identities: IdentityMap(settings)
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

    /// What the cache may hold: at most half of the locked memory unless the configuration says more, since requests need some, too.
    static func cacheLimits(_ settings: Settings) -> CacheLimits {
        let locked = LockedMemory.statistics.limit ?? .max
        let bytes = settings.cache.memory.map { min($0, locked) } ?? min(CacheLimits().bytes, locked / 2)
        return CacheLimits(entries: settings.cache.entries, bytes: bytes)
    }

    private static func dictionary(_ plugin: Settings.Plugin) -> [String: String] {
        Dictionary(plugin.settings.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}
